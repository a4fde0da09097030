import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { upstreamOwner } from '../../src/pds/upstream-owner.ts'
import { audit } from '../chaos/auditor.ts'
import { eventually } from '../chaos/eventually.ts'
import { post } from '../chaos/people.ts'
import type { ChaosWorld } from '../chaos/world.ts'
import { runProgram } from '../cli/program.ts'
import {
  deleteAccount,
  everything,
  letIn,
  logOf,
  startTwoSides,
  tryCode,
  type TwoSides,
} from './reconcile-sides.ts'

/** So many servers start here, one after the other, that a busy machine takes its time. */
const PATIENCE = 120_000

const UNKNOWN_TO_THE_PDS = / by (\S+) (?:\(.*\) has no use at the PDS|is not the PDS's)$/

const AGREE = 'Latchkey and the PDS agree.\n'

/** What Latchkey's database says of a code. */
function rowOf({ books }: ChaosWorld, code: string) {
  using database = new DatabaseSync(books.latchkey, { readOnly: true })
  const row = database
    .prepare('SELECT available, used, for_account, created_by, note FROM invite_code WHERE code = ?')
    .get(code)
  return { ...row }
}

function invitersOf({ books }: ChaosWorld, dids: readonly string[]): readonly unknown[] {
  using database = new DatabaseSync(books.latchkey, { readOnly: true })
  const inviter = database.prepare('SELECT invited_by_code FROM account WHERE did = ?')
  return dids.map((did) => inviter.get(did)?.['invited_by_code'])
}

test('flags that contradict each other are refused in a sentence', async () => {
  const settings = {
    LATCHKEY_PUBLIC_URL: 'https://pds.example.com',
    LATCHKEY_PDS_URL: 'http://127.0.0.1:9',
    LATCHKEY_PDS_ADMIN_PASSWORD: 'any',
  }
  for (const [flags, said] of [
    [['--give-back'], '--give-back needs --apply: nothing was changed.\n'],
    [['--preview', '--apply'], '--preview and --apply exclude each other: nothing was changed.\n'],
  ] as const)
    expect(await runProgram(['reconcile', ...flags], settings)).toEqual({ code: 1, stdout: '', stderr: said })
})

test('the help says that it prints codes that may be good', async () => {
  expect((await runProgram(['reconcile', '--help'])).stdout).toMatch(
    /codes that may be good: keep it to yourself/,
  )
})

describe('Latchkey put back to noon', { timeout: PATIENCE }, () => {
  test('learns from the PDS who came in since, and by which code', async () => {
    await using sides = await startTwoSides()
    const { world } = sides
    await world.latchkeys[0]?.start()
    const [known = ''] = await world.gift(5)
    await letIn(world.url, known, 1)
    sides.backUpLatchkey()
    const [later = ''] = await world.gift(3)
    const byKnown = await letIn(world.url, known, 3)
    const byLater = await letIn(world.url, later, 2)
    const deleted = byKnown[2] ?? ''
    await deleteAccount(world, deleted)
    await world.converged()
    await sides.restoreLatchkey()
    expect(audit(world.books)).toHaveLength(5)

    const before = everything(world, ['latchkey', 'pds'])
    const preview = await sides.reconciled('--preview')
    expect(everything(world, ['latchkey', 'pds'])).toEqual(before)
    const stdout = await sides.run('reconcile')
    expect(stdout).toMatch(/^Uses that Latchkey does not know of: 5\n/)
    expect(stdout).toMatch(/\nNothing was changed\. --apply does it\.\n$/)

    const applied = await sides.reconciled('--apply')
    expect(applied).toEqual({ ...preview, applied: true })
    expect(applied).toMatchObject({ unfinished: 0, open: [], vanished: [], givenBack: 0 })
    expect(applied.lost.map(({ did, code, kind, exists }) => [did, code, kind, exists])).toEqual([
      ...byKnown.map((did) => [did, known, 'lost', did !== deleted]),
      ...byLater.map((did) => [did, later, 'lost with its code', true]),
    ])
    expect(audit(world.books)).toEqual([])
    expect(rowOf(world, known)).toMatchObject({ available: 5, used: 4 })
    expect(rowOf(world, later)).toMatchObject({
      available: 2,
      used: 2,
      for_account: 'admin',
      created_by: 'admin',
      note: expect.stringMatching(/^Made after the backup/),
    })
    expect(invitersOf(world, [...byKnown, ...byLater])).toEqual([known, known, known, later, later])

    const after = everything(world, ['latchkey', 'pds'])
    expect(await sides.run('reconcile', '--apply')).toBe(AGREE)
    expect(everything(world, ['latchkey', 'pds'])).toEqual(after)
    const counts = { closed: 0, vanished: 0, givenBack: 0 }
    expect(logOf(world)).toEqual([
      ['reconcile', 'localhost', { lost: 5, ...counts }],
      ['reconcile', 'localhost', { lost: 0, ...counts }],
    ])

    await world.latchkeys[0]?.start()
    await letIn(world.url, known, 1)
    expect([await tryCode(world.url, known), await tryCode(world.url, later)]).toEqual([400, 400])
    await world.converged()
    expect(audit(world.books)).toEqual([])
  })

  test('may serve before it is reconciled: what was overspent meanwhile is counted too', async () => {
    await using sides = await startTwoSides()
    const { world } = sides
    await world.latchkeys[0]?.start()
    const [code = ''] = await world.gift(1)
    sides.backUpLatchkey()
    await letIn(world.url, code, 1)
    await sides.restoreLatchkey()
    await world.latchkeys[0]?.start()
    await letIn(world.url, code, 1)
    await sides.reconciled('--apply')
    expect(rowOf(world, code)).toMatchObject({ available: 2, used: 2 })
    await world.converged()
    expect(audit(world.books)).toEqual([])
    expect(await tryCode(world.url, code)).toBe(400)
  })
})

describe('the PDS put back to noon', { timeout: PATIENCE }, () => {
  let sides: TwoSides
  let world: ChaosWorld
  let gifted: string
  let imported: string

  /** Lets the PDS have a code that was minted for a sign-up and not used yet at noon. */
  function mintAtNoon(reservation: string): void {
    using copy = new DatabaseSync(sides.pdsCopy)
    copy
      .prepare(`INSERT INTO invite_code VALUES ('minted-at-noon', 1, 0, ?, 'admin', ?)`)
      .run(upstreamOwner('localhost', reservation, gifted), new Date(Date.now() - 7_200_000).toISOString())
  }

  function reservationOf(did: string): string {
    using database = new DatabaseSync(world.books.latchkey, { readOnly: true })
    return String(database.prepare('SELECT id FROM reservation WHERE did = ?').get(did)?.['id'])
  }

  /** Has the PDS tell so much of an account that Latchkey's cursor is no longer in its future. */
  async function overtakeCursor(did: string): Promise<void> {
    for (let index = 0; index < 30; index++) {
      const renamed = await post(
        `${world.pdsUrl}/xrpc/com.atproto.admin.updateAccountHandle`,
        { did, handle: `renamed-${index}.test` },
        { authorization: world.adminAuth },
      )
      expect(renamed?.status).toBe(200)
    }
  }

  function hostRow(): Record<string, unknown> {
    using database = new DatabaseSync(world.books.latchkey, { readOnly: true })
    return { ...database.prepare('SELECT firehose_cursor, resync_wanted_at, listed_at FROM host').get() }
  }

  /** Nothing is wrong once the accounts were listed, and no listing is wanted any more. */
  function listingUnderWay(): readonly string[] {
    const { resync_wanted_at: wanted, listed_at: listed } = hostRow()
    return wanted === null && listed !== null ? [] : ['the accounts were not compared yet']
  }

  function lastEventOfThePds(): unknown {
    using database = new DatabaseSync(join(dirname(world.books.pds), 'sequencer.sqlite'), { readOnly: true })
    return database.prepare('SELECT max(seq) AS last FROM repo_seq').get()?.['last']
  }

  /** Of whom Latchkey does not know that they are gone. */
  function takenForThere(dids: readonly string[]): readonly string[] {
    using database = new DatabaseSync(world.books.latchkey, { readOnly: true })
    const there = database.prepare("SELECT 1 FROM account WHERE did = ? AND status <> 'deleted'")
    return dids.filter((did) => there.get(did) !== undefined)
  }

  function isDisabled(code: string): boolean {
    using database = new DatabaseSync(world.books.pds, { readOnly: true })
    return database.prepare('SELECT disabled FROM invite_code WHERE code = ?').get(code)?.['disabled'] === 1
  }

  beforeAll(async () => {
    sides = await startTwoSides()
    world = sides.world
    return () => sides[Symbol.asyncDispose]()
  })

  test('its take-over is repeated, and whom it has lost is told and given back on the word only', async () => {
    const made = await post(
      `${world.pdsUrl}/xrpc/com.atproto.server.createInviteCode`,
      { useCount: 5 },
      { authorization: world.adminAuth },
    )
    imported = String(made?.body['code'])
    await world.latchkeys[0]?.start()
    await sides.run('import')
    const [code = ''] = await world.gift(3)
    gifted = code
    const [stays = ''] = await letIn(world.url, gifted, 1)
    await sides.backUpPds()
    const byName = await letIn(world.url, imported, 1)
    await sides.run('import', '--take-over')
    const vanishing = [
      ...byName,
      ...(await letIn(world.url, imported, 1)),
      ...(await letIn(world.url, gifted, 2)),
    ]
    await world.converged()
    mintAtNoon(reservationOf(vanishing[2] ?? ''))
    await eventually(listingUnderWay)
    await world.latchkeys[0]?.kill()
    await sides.restorePds()
    const [beside = ''] = await letIn(world.pdsUrl, imported, 1)
    await overtakeCursor(stays)
    expect(hostRow()['firehose_cursor']).toBeGreaterThan(0)
    expect(lastEventOfThePds()).toBeGreaterThan(Number(hostRow()['firehose_cursor']))

    const before = everything(world, ['pds'])
    const preview = await sides.reconciled()
    expect(everything(world, ['pds'])).toEqual(before)
    expect(rowOf(world, imported)).toMatchObject({ used: 2 })
    expect(preview.lost).toMatchObject([{ did: beside, code: imported, kind: 'upstream', exists: true }])
    expect(preview.open.toSorted()).toEqual([imported, 'minted-at-noon'].toSorted())
    expect(preview.vanished.map(({ usedBy, code }) => [usedBy, code])).toEqual([
      [vanishing[0], imported],
      [vanishing[1], imported],
      [vanishing[2], gifted],
      [vanishing[3], gifted],
    ])

    expect(await sides.reconciled('--apply')).toEqual({ ...preview, applied: true })
    expect([isDisabled(imported), isDisabled('minted-at-noon')]).toEqual([true, true])
    await world.latchkeys[0]?.start()
    await eventually(() => takenForThere(vanishing))
    expect(takenForThere([stays, beside])).toEqual([stays, beside])
    expect(rowOf(world, imported)).toMatchObject({ available: 5, used: 3 })
    expect(rowOf(world, gifted)).toMatchObject({ used: 3 })
    // Until the word is given Latchkey counts what the PDS has lost.
    const unknownToThePds = audit(world.books).map(
      (violation) => UNKNOWN_TO_THE_PDS.exec(violation)?.[1] ?? violation,
    )
    expect(unknownToThePds.toSorted()).toEqual(vanishing.toSorted())
    const stdout = await sides.run('reconcile', '--apply')
    expect(stdout).toMatch(/lost: 4\n/)
    expect(stdout).toMatch(/still count: --apply --give-back gives them back\.\n$/)

    expect(await sides.reconciled('--apply', '--give-back')).toMatchObject({
      lost: [],
      open: [],
      givenBack: 4,
    })
    expect(rowOf(world, imported)).toMatchObject({ available: 5, used: 1 })
    expect(rowOf(world, gifted)).toMatchObject({ available: 3, used: 1 })
    expect(invitersOf(world, [stays, ...vanishing])).toEqual([gifted, null, null, null, null])
    expect(audit(world.books)).toEqual([])
    expect(await sides.run('reconcile', '--apply', '--give-back')).toBe(AGREE)

    await letIn(world.url, gifted, 2)
    expect(await tryCode(world.url, gifted)).toBe(400)
    await world.converged()
    expect(audit(world.books)).toEqual([])
  })
})
