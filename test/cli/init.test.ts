import { chmod, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { makeOlderDatabase, temporaryFolder } from '../store/sqlite-support.ts'
import { startWorld, type World } from '../support/pds.ts'
import { holdWriteLock } from '../support/write-lock.ts'
import { runProgram, startProgram } from './program.ts'

const WEEK = 604_800_000
const EPOCH = 1_700_000_000_000

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let pdsEnv: string
let out: string
let database: string

beforeEach(async () => {
  folder = await temporaryFolder()
  pdsEnv = join(folder.path, 'pds.env')
  out = join(folder.path, 'latchkey.env')
  database = join(folder.path, 'latchkey.sqlite')
  return () => folder[Symbol.asyncDispose]()
})

/** As the official distribution's installer writes it, with what operators add. */
function pdsSettings(change: Record<string, string | undefined> = {}): string {
  const settings: Record<string, string | undefined> = {
    PDS_HOSTNAME: 'pds.example.com',
    PDS_JWT_SECRET: 'secret-of-tokens',
    PDS_ADMIN_PASSWORD: 'password-of-admin',
    PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: 'key-of-identities',
    PDS_DATA_DIRECTORY: '/pds',
    PDS_EMAIL_SMTP_URL: 'smtps://resend:key-of-mail@smtp.example.com:465/',
    PDS_INVITE_INTERVAL: String(WEEK),
    PDS_INVITE_EPOCH: String(EPOCH),
    ...change,
  }
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return `# The PDS.\n${given.map(([name, value]) => `${name}=${value}`).join('\n')}\n`
}

function init(...args: string[]) {
  return runProgram(['init', '--pds-env', pdsEnv, '--out', out, '--database', `sqlite:${database}`, ...args])
}

describe('latchkey init', () => {
  test('writes what is needed of the PDS’s settings, for its owner alone, and keeps the policy in the database', async () => {
    await writeFile(pdsEnv, pdsSettings())
    const { code, stdout, stderr } = await init()
    expect([code, stderr]).toEqual([0, ''])
    expect(parseEnv(await readFile(out, 'utf8'))).toEqual({
      LATCHKEY_PUBLIC_URL: 'https://pds.example.com',
      LATCHKEY_PDS_URL: 'http://127.0.0.1:3000',
      LATCHKEY_PDS_ADMIN_PASSWORD: 'password-of-admin',
      LATCHKEY_PDS_ENV: pdsEnv,
      LATCHKEY_DATABASE: `sqlite:${database}`,
    })
    expect((await stat(out)).mode & 0o777).toBe(0o600)
    expect(stdout).not.toMatch(/password-of-admin|secret-of-tokens/)
    expect(stdout).toContain(`latchkey import --settings ${out}`)
    expect(stdout).toContain(`remove PDS_INVITE_INTERVAL from ${pdsEnv} and restart the PDS`)
    await using store = await openSqliteStore({ path: database })
    expect(await store.policy('pds.example.com')).toEqual({ interval: WEEK, epoch: EPOCH, cap: 5 })
  })

  test('takes the JWT secret only when told to, and whatever else there is and is needed', async () => {
    const password = 'with $dollar, "quotes" and #more'
    const change = {
      PDS_PORT: '2583',
      PDS_RATE_LIMIT_BYPASS_KEY: 'key-of-bypass',
      PDS_ADMIN_PASSWORD: `'${password}'`,
    }
    await writeFile(pdsEnv, pdsSettings(change))
    expect((await init('--with-jwt-secret')).code).toBe(0)
    expect(parseEnv(await readFile(out, 'utf8'))).toMatchObject({
      LATCHKEY_PDS_URL: 'http://127.0.0.1:2583',
      LATCHKEY_PDS_JWT_SECRET: 'secret-of-tokens',
      LATCHKEY_PDS_RATE_LIMIT_BYPASS_KEY: 'key-of-bypass',
      LATCHKEY_PDS_ADMIN_PASSWORD: password,
    })
  })

  test('overwrites nothing, and leaves a policy alone that the PDS no longer has', async () => {
    await writeFile(pdsEnv, pdsSettings())
    await init()
    await writeFile(
      pdsEnv,
      pdsSettings({ PDS_INVITE_INTERVAL: undefined, PDS_INVITE_EPOCH: undefined, PDS_PORT: '2583' }),
    )
    const before = await readFile(out, 'utf8')
    expect(await init()).toMatchObject({
      code: 1,
      stderr: `${out} is there already, and nothing is overwritten: give another --out, or move it away.\n`,
    })
    expect((await init('--force')).stderr).toMatch(/unknown option '--force'/)
    expect(await readFile(out, 'utf8')).toBe(before)
    await rename(out, `${out}.before`)
    const { code, stdout } = await init()
    expect(code).toBe(0)
    expect(stdout).not.toMatch(/PDS_INVITE_INTERVAL/)
    expect(await readFile(out, 'utf8')).toContain('http://127.0.0.1:2583')
    await using store = await openSqliteStore({ path: database })
    expect(await store.policy('pds.example.com')).toMatchObject({ interval: WEEK, epoch: EPOCH })
  })

  test.each([
    ['no hostname', pdsSettings({ PDS_HOSTNAME: undefined }), /does not set PDS_HOSTNAME: is it the pds.env/],
    ['no admin password', pdsSettings({ PDS_ADMIN_PASSWORD: undefined }), /does not set PDS_ADMIN_PASSWORD/],
    [
      'no invites required',
      pdsSettings({ PDS_INVITE_REQUIRED: 'false' }),
      /set PDS_INVITE_REQUIRED=true and restart/,
    ],
    ['an entryway', pdsSettings({ PDS_ENTRYWAY_URL: 'https://bsky.social' }), /sets PDS_ENTRYWAY_URL/],
    [
      'an interval of nothing',
      pdsSettings({ PDS_INVITE_INTERVAL: '0' }),
      /^PDS_INVITE_INTERVAL is "0", expected/,
    ],
    [
      'a port that is none',
      pdsSettings({ PDS_PORT: 'http' }),
      /^--pds-url is "http:\/\/127.0.0.1:http", expected/,
    ],
    ['a password that can’t be quoted', pdsSettings({ PDS_ADMIN_PASSWORD: `"a'b c"` }), /would hold a quote/],
  ])('writes nothing for a PDS with %s', async (_name, text, sentence) => {
    await writeFile(pdsEnv, text)
    const { code, stdout, stderr } = await init()
    expect([code, stdout, stderr.trim().split('\n').length], stderr).toEqual([1, '', 1])
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toMatch(/password-of-admin|a'b c/)
    expect(await readdir(folder.path)).toEqual(['pds.env'])
  })

  test('writes nothing when a file can’t be read, is none of settings, or a place can’t be written', async () => {
    expect((await init()).stderr).toMatch(/^The settings of the PDS can't be read: ENOENT/)
    await writeFile(pdsEnv, '<html>no settings</html>')
    expect((await init()).stderr).toMatch(/does not set PDS_HOSTNAME: is it the pds.env of a PDS\?\n/)
    await writeFile(pdsEnv, pdsSettings())
    expect((await init('--out', '/nowhere/latchkey.env')).stderr).toMatch(
      /^The settings can't be written: ENOENT/,
    )
    expect((await init('--database', 'sqlite:/nowhere/latchkey.sqlite')).stderr).toMatch(/can't be created/)
    expect((await init('--database', 'postgres://x')).stderr).toMatch(
      /^--database is "postgres:\/\/x", expected/,
    )
    expect(await readdir(folder.path)).toEqual(['pds.env'])
  })
})

describe('latchkey init that fails', () => {
  beforeEach(() => writeFile(pdsEnv, pdsSettings()))

  test('refuses a folder before it changes a database of an older version, and leaves nothing', async () => {
    makeOlderDatabase(database)
    const before = await readFile(database)
    expect(await init('--out', folder.path)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${folder.path} is a folder: give --out the name of a file in it.\n`,
    })
    expect((await readFile(database)).equals(before)).toBe(true)
    expect((await readdir(folder.path)).toSorted()).toEqual([basename(database), 'pds.env'])
  })

  test('when the settings can’t be put in place leaves no database, and an old one’s policy', async () => {
    const same = await init('--database', `sqlite:${out}`)
    expect([same.code, same.stderr]).toEqual([1, expect.stringMatching(/^\S+ is there already/)])
    expect(await readdir(folder.path)).toEqual(['pds.env'])

    await using store = await openSqliteStore({ path: database })
    const before = { interval: 1000, epoch: 5, cap: 3 }
    await store.setPolicy('pds.example.com', before)
    await symlink(join(folder.path, 'nothing'), out)
    const refused = await init()
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^The settings can't be written: EEXIST/),
    ])
    expect(await store.policy('pds.example.com')).toEqual(before)
  })

  test('at a database that stays locked leaves no settings', async () => {
    await (await openSqliteStore({ path: database }))[Symbol.asyncDispose]()
    await using _lock = await holdWriteLock(database)
    const { code, stderr } = await init()
    expect([code, stderr]).toEqual([1, expect.stringMatching(/stayed locked\n$/)])
    expect((await readdir(folder.path)).filter((name) => name.startsWith('latchkey.env'))).toEqual([])
  })
})

describe('a file of settings', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })

  afterAll(() => world[Symbol.asyncDispose]())

  /** `init` for the real PDS, which leaves nothing to be set. */
  async function prepared(): Promise<void> {
    const change = { PDS_ADMIN_PASSWORD: world.secrets.adminPassword, PDS_PORT: new URL(world.pds.url).port }
    await writeFile(pdsEnv, pdsSettings(change))
    expect(await init()).toMatchObject({ code: 0 })
  }

  test('from init is all that serve needs; it warns while the PDS has an interval of its own', async () => {
    await prepared()
    await using server = startProgram(['serve', '--settings', out, '--port', '0'])
    await server.untilSays(/Latchkey is listening/)
    await server.untilSays(
      /the PDS still makes invite codes of its own: remove PDS_INVITE_INTERVAL from \S+pds.env/,
    )
    expect(server.stderr()).toBe('')
    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
  })

  test('is all that backup and restore need, and nothing is restored while Latchkey serves', async () => {
    await prepared()
    const copy = join(folder.path, 'copy.sqlite')
    {
      await using server = startProgram(['serve', '--settings', out, '--port', '0'])
      await server.untilSays(/Latchkey is listening/)
      expect(await runProgram(['backup', copy, '--settings', out])).toMatchObject({ code: 0, stderr: '' })
      const { code, stderr } = await runProgram(['restore', copy, '--settings', out])
      expect([code, stderr]).toEqual([
        1,
        `The database ${database} is in use: stop every Latchkey that has it open, and try again.\n`,
      ])
      server.child.kill('SIGTERM')
      expect(await server.exit).toBe(0)
    }
    expect(await runProgram(['restore', copy, '--settings', out])).toMatchObject({ code: 0, stderr: '' })
  }, 60_000)

  test('stands below variables, and variables below flags', async () => {
    await prepared()
    await writeFile(out, `${await readFile(out, 'utf8')}LATCHKEY_LOG_LEVEL=file\nLATCHKEY_PORT=file\n`)
    const said = async (args: string[], variables: Record<string, string> = {}) =>
      (await runProgram(['serve', ...args], variables)).stderr.trim().split('\n').toSorted()
    expect(await said(['--settings', out])).toEqual([
      expect.stringMatching(/^LATCHKEY_LOG_LEVEL in \S+latchkey.env is "file", expected/),
      expect.stringMatching(/^LATCHKEY_PORT in \S+latchkey.env is "file", expected/),
    ])
    const variables = { LATCHKEY_SETTINGS: out, LATCHKEY_LOG_LEVEL: 'variable', LATCHKEY_PORT: 'variable' }
    expect(await said(['--port', 'flag'], variables)).toEqual([
      expect.stringMatching(/^--port is "flag", expected/),
      expect.stringMatching(/^LATCHKEY_LOG_LEVEL is "variable", expected/),
    ])
  })

  test('may hold nothing else, must be there, and is better read by its owner alone', async () => {
    await prepared()
    const text = await readFile(out, 'utf8')
    await writeFile(out, `${text}LATCHKEY_PROT=80\nPDS_PORT=3000\nLATCHKEY_SETTINGS=${out}\n`)
    const { code, stderr } = await runProgram(['serve', '--settings', out])
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toEqual(
      ['LATCHKEY_PROT', 'LATCHKEY_SETTINGS', 'PDS_PORT'].map(
        (name) => `${name} in ${out} is no setting of Latchkey; docs/reference/settings.md lists them all.`,
      ),
    )
    await writeFile(out, text)
    await chmod(out, 0o640)
    await using server = startProgram(['serve', '--settings', out, '--port', '0'])
    await server.untilSays(/Latchkey is listening/)
    expect(server.stderr()).toMatch(
      /^Others than its owner can read \S+latchkey.env, and it holds passwords: chmod 600/,
    )
    await rename(out, `${out}.gone`)
    expect((await runProgram(['serve', '--settings', out])).stderr).toMatch(
      /^The settings can't be read: ENOENT/,
    )
  })
})
