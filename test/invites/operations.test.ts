import { describe, expect, test } from 'vitest'
import { LOOK, PART } from '../../src/invites/batches.ts'
import { Operations } from '../../src/invites/operations.ts'
import { BOB, gift, HOST, NOW, redeem } from '../store/conformance/support.ts'
import { openForConformance } from '../store/sqlite-support.ts'

const ACTOR = 'did:plc:operator'
const OWNERS = 1500

/** Operations over a real store with many accounts. @param breathe between two parts; where it rejects, the process dies */
async function openBench(
  breathe: () => Promise<void> = async () => undefined,
  nextTurn: () => Promise<void> = async () => undefined,
) {
  await using opened = new AsyncDisposableStack()
  const { store, execute } = opened.use(await openForConformance())
  const host = await store.openHost({ hostname: HOST, did: 'did:web:pds' })
  await execute(
    `WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${OWNERS})
     INSERT INTO account (did, host, created_at) SELECT printf('did:plc:%05d', number), ?, 1 FROM numbers`,
    HOST,
  )
  const operations = new Operations({
    store,
    host,
    findMembers: async () => new Map(),
    now: () => NOW,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    limits: { codesPerRequest: 10_000, usesPerCode: 10 },
    breathe,
    nextTurn,
  })
  const closing = opened.move()
  return { store, execute, operations, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

type Bench = Awaited<ReturnType<typeof openBench>>

async function onlyBatch({ operations }: Bench) {
  const [batch, ...others] = await operations.listBatches({ limit: 5, after: null })
  if (batch === undefined || others.length > 0) throw new Error('there was to be one batch')
  return batch
}

async function count({ execute }: Bench, condition: string): Promise<unknown> {
  return (await execute(`SELECT count(*) AS rows FROM invite_code WHERE ${condition}`))[0]?.['rows']
}

const WANTED = { count: 2, uses: 1 }

describe('an action on many', () => {
  test('reaches everybody, a part at a time, and others write between the parts', async () => {
    const written: string[] = []
    await using bench = await openBench(async () => {
      const name = `between ${written.length}`
      await gift(bench.store, name)
      written.push(name)
    })
    const { operations } = bench
    const { batch, ...reach } = await operations.giveCodes(WANTED, ACTOR, false)
    expect(reach).toEqual({ accounts: OWNERS, codes: 2 * OWNERS })
    expect(written.length).toBeGreaterThanOrEqual(Math.floor((2 * OWNERS) / PART) - 1)
    expect(await count(bench, "for_account LIKE 'did:plc:0%'")).toBe(2 * OWNERS)
    expect(await operations.undoBatch(batch ?? '', ACTOR, false)).toEqual({
      restored: 2 * OWNERS,
      changedSince: 0,
    })
    expect(await count(bench, 'disabled_at IS NULL')).toBe(written.length)
    expect(await operations.listEvents({ actor: ACTOR, action: null, limit: 5, after: null })).toHaveLength(2)
  })

  test.each([
    ['giving', (bench: Bench) => bench.operations.giveCodes(WANTED, ACTOR, false)],
    ['making', (bench: Bench) => bench.operations.createCodes({ ...WANTED, count: 3 * PART }, ACTOR)],
  ])('when the process dies within %s: what was done is in the batch, and can be undone', async (_, act) => {
    let breaths = 0
    await using bench = await openBench(async () => {
      breaths += 1
      if (breaths === 2) throw new Error('the process died')
    })
    await expect(act(bench)).rejects.toThrow('the process died')
    const batch = await onlyBatch(bench)
    expect(batch).toMatchObject({ codes: 2 * PART, finished: false, undoneAt: null })
    expect(await count(bench, 'disabled_at IS NULL')).toBe(2 * PART)
    const { codes } = (
      await bench.operations.listEvents({ actor: null, action: null, limit: 5, after: null })
    )[0]?.detail ?? { codes: 0 }
    expect(codes).toBe(2 * PART)
    expect(await bench.operations.undoBatch(batch.id, ACTOR, true)).toEqual({
      restored: 2 * PART,
      changedSince: 0,
    })
    expect(await bench.operations.undoBatch(batch.id, ACTOR, false)).toEqual({
      restored: 2 * PART,
      changedSince: 0,
    })
    expect(await count(bench, 'disabled_at IS NULL')).toBe(0)
  })

  test('two that everybody is given codes by, begun at the same instant, give what one was seen to give', async () => {
    await using bench = await openBench()
    const begun = await Promise.allSettled([1, 2].map(() => bench.operations.giveCodes(WANTED, ACTOR, false)))
    expect(begun.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(begun.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'BatchUnderWay' },
    })
    expect(await count(bench, "for_account LIKE 'did:plc:0%'")).toBe(2 * OWNERS)
  })

  test('is not begun again while it may be going on', async () => {
    let again: Promise<unknown> | undefined
    await using bench = await openBench(async () => {
      again ??= Promise.allSettled([
        bench.operations.giveCodes(WANTED, ACTOR, false),
        bench.operations.giveCodes(WANTED, ACTOR, true),
      ])
      await again
    })
    const { operations } = bench
    const { batch = '' } = await operations.giveCodes(WANTED, ACTOR, false)
    expect(await again).toMatchObject([{ reason: { code: 'BatchUnderWay' } }, { status: 'fulfilled' }])
    expect(await count(bench, "for_account LIKE 'did:plc:0%'")).toBe(2 * OWNERS)
    // As of a process that died a moment ago, and as of one that died long ago.
    await bench.execute('UPDATE batch SET finished = 0 WHERE id = ?', batch)
    await expect(operations.giveCodes(WANTED, ACTOR, false)).rejects.toMatchObject({ code: 'BatchUnderWay' })
    await bench.execute('UPDATE batch SET at = at - 600000 WHERE id = ?', batch)
    expect(await operations.giveCodes(WANTED, ACTOR, false)).toMatchObject({ codes: 2 * OWNERS })
  })

  test('when the process dies within the undoing: whoever undoes it again ends it', async () => {
    let dies = false
    await using bench = await openBench(async () => {
      if (dies) throw new Error('the process died')
    })
    const { operations } = bench
    const { codes } = await operations.createCodes({ ...WANTED, count: PART + 10 }, ACTOR)
    const { id } = await onlyBatch(bench)
    await redeem(bench.store, 'r', codes[0] ?? '', BOB)
    dies = true
    await expect(operations.undoBatch(id, ACTOR, false)).rejects.toThrow('the process died')
    expect(await onlyBatch(bench)).toMatchObject({ undoneAt: null })
    dies = false
    const undone = { restored: PART + 9, changedSince: 1 }
    expect(await operations.undoBatch(id, ACTOR, true)).toEqual(undone)
    expect(await operations.undoBatch(id, ACTOR, false)).toEqual(undone)
  })

  test('that somebody undoes while it goes on stops, and says so', async () => {
    let undoing = false
    await using bench = await openBench(async () => {
      if (undoing) return
      undoing = true
      await bench.operations.undoBatch((await onlyBatch(bench)).id, ACTOR, false)
    })
    await expect(bench.operations.giveCodes(WANTED, ACTOR, false)).rejects.toMatchObject({
      code: 'BatchStopped',
    })
    expect(await count(bench, 'disabled_at IS NULL')).toBe(0)
  })

  test('disables all codes of many owners, in parts, and counts owners once', async () => {
    await using bench = await openBench()
    const { operations } = bench
    // So that parts end among the codes of one owner.
    await operations.giveCodes({ ...WANTED, count: 3 }, ACTOR, false)
    const owners = Array.from({ length: 1000 }, (_, index) => `did:plc:${String(index + 1).padStart(5, '0')}`)
    const wanted = { codes: [], owners, disabled: true }
    const reach = { codes: 3000, accounts: 1000 }
    expect(await operations.setCodesDisabled(wanted, ACTOR, true)).toEqual(reach)
    expect(await operations.setCodesDisabled(wanted, ACTOR, false)).toMatchObject(reach)
    expect(await count(bench, 'disabled_at IS NOT NULL')).toBe(3000)
  })

  test('is counted before a look at a time: others have their turn between', async () => {
    let turns = 0
    await using bench = await openBench(undefined, async () => void (turns += 1))
    const { operations } = bench
    // One owner has more codes than one look takes, and most of them are used up.
    await bench.execute(
      `WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 4500)
       INSERT INTO invite_code (code, host, for_account, created_by, created_at, available, used)
       SELECT printf('code-%05d', number), ?, ?, 'admin', 1, 1, number <= 4000 FROM numbers`,
      HOST,
      BOB,
    )
    const wanted = { codes: [], owners: [BOB], disabled: true }
    expect(await operations.setCodesDisabled(wanted, ACTOR, true)).toEqual({ codes: 500, accounts: 1 })
    expect(turns).toBe(Math.floor(4500 / LOOK))
    const { batch = '' } = await operations.setCodesDisabled(wanted, ACTOR, false)
    expect(await operations.listBatches({ limit: 1, after: null })).toMatchObject([
      { codes: 500, accounts: 1, finished: true },
    ])
    expect(await operations.undoBatch(batch, ACTOR, true)).toEqual({ restored: 500, changedSince: 0 })

    const given = await operations.giveCodes(WANTED, ACTOR, false)
    turns = 0
    const preview = await operations.undoBatch(given.batch ?? '', ACTOR, true)
    expect(turns).toBe((2 * OWNERS) / LOOK)
    expect(preview).toEqual({ restored: 2 * OWNERS, changedSince: 0 })
  })

  test('that reaches nobody is no batch', async () => {
    await using bench = await openBench()
    const wanted = { codes: ['unknown'], owners: [BOB], disabled: true }
    expect(await bench.operations.setCodesDisabled(wanted, ACTOR, false)).toEqual({ codes: 0, accounts: 0 })
    expect(await bench.operations.listBatches({ limit: 1, after: null })).toEqual([])
  })
})

test('why the invites of an account were disabled is in the batch, not in the log, which is never erased', async () => {
  await using bench = await openBench()
  const wanted = { accounts: [BOB], disabled: true, note: 'her secret' }
  await bench.operations.setInvitesDisabled(wanted, ACTOR, false)
  expect(await onlyBatch(bench)).toMatchObject({ note: 'her secret' })
  const events = await bench.operations.listEvents({ actor: null, action: null, limit: 5, after: null })
  expect(events).toMatchObject([{ action: 'disableInvites', subject: BOB }])
  expect(JSON.stringify(events)).not.toContain('secret')
})
