import { afterEach, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { runProgram } from '../cli/program.ts'
import { startEntry } from '../support/entry.ts'
import { type Installation, startInstallation } from './installation.ts'
import { comeIn, expectIn, PATIENCE } from './take-over-support.ts'

let place: Installation

afterEach(() => place[Symbol.asyncDispose]())

test(
  'a take-over is refused when Latchkey serves from another database, and every code stays good',
  async () => {
    place = await startInstallation()
    const { world, url } = place
    const code = await world.createPdsCode()
    await place.serve()
    const other = `${place.databasePath}.other`
    for (const flags of [[], ['--anyway']]) {
      const settings = { ...place.settings, LATCHKEY_DATABASE: `sqlite:${other}` }
      expect(await runProgram(['import', '--take-over', ...flags], settings)).toEqual({
        code: 1,
        stdout: '',
        stderr: `Latchkey serves ${url} from another database than ${other}: give the same LATCHKEY_DATABASE.\n`,
      })
    }
    await expectIn(comeIn(place, code))
  },
  PATIENCE,
)

test(
  'a take-over is refused while a handle’s subdomain leads past Latchkey',
  async () => {
    place = await startInstallation()
    const { world, url } = place
    const { did } = await world.createAccount({ handle: 'alice.test' })
    await place.serve()
    await using entry = await startEntry((hostname) => (hostname === 'localhost' ? url : world.pds.url))
    const run = () =>
      runProgram(['import', '--take-over'], { ...place.settings, LATCHKEY_PUBLIC_URL: entry.url })
    await using store = await openSqliteStore({ path: place.databasePath })
    // Once the firehose has told of somebody later, it tells nothing of Alice any more.
    const later = await world.createAccount({ handle: 'bob.test' })
    await expect
      .poll(async () => (await store.person(later.did, 'localhost')).handle, { timeout: 10_000 })
      .toBe('bob.test')
    await store.upsertAccount({ did, host: 'localhost', handle: 'alice.localhost', createdAt: 1 })
    const refused = await run()
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(
      /do not lead to Latchkey \(at alice\.localhost, GET \S+createAccount answers 400 from/,
    )
    await store.upsertAccount({ did, host: 'localhost', handle: 'alice.test' })
    expect(await run()).toMatchObject({ code: 0 })
  },
  PATIENCE,
)

test(
  'a take-over is refused while the sign-up doors lead past Latchkey, and every code stays good at the PDS',
  async () => {
    place = await startInstallation()
    const { world, url } = place
    const code = await world.createPdsCode()
    const refused = await place.run('import', '--take-over')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`The sign-up doors of ${url} do not lead to Latchkey`)
    await world.createAccount({ handle: 'ada-l.test', inviteCode: code })
    expect((await place.run('import', '--take-over', '--anyway')).code).toBe(0)
  },
  PATIENCE,
)
