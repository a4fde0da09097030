import { expect, test } from 'vitest'
import { OverviewService, type OverviewServicePorts } from '../../src/invites/overview-service.ts'
import { countBranch } from '../../src/invites/tree.ts'
import { ALICE, HOST } from './sample-codes.ts'
import { type Bench, BIRTH, BOB, DAY, openBench, useCode } from './service-bench.ts'

const CAROL = 'did:plc:carol'

type FindMembers = OverviewServicePorts['findMembers']

/** The service over the bench's store, its clock in the test's hands. */
function overviewOf({ store, host }: Bench, findMembers: FindMembers = async () => new Map()) {
  const clock = { now: BIRTH + 3.5 * DAY, turns: 0 }
  const overview = new OverviewService({
    store,
    host,
    findMembers,
    fault: () => undefined,
    fixed: {},
    now: () => clock.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    nextTurn: async () => {
      clock.turns += 1
    },
  })
  return { overview, clock }
}

/** Makes accounts below one another, or all of them below one. */
function plant({ side }: Bench, count: number, inviterOf: (index: number) => string | null): void {
  const insert = side.prepare('INSERT INTO account (did, host, created_at, inviter) VALUES (?, ?, ?, ?)')
  side.exec('BEGIN')
  for (let index = 0; index < count; index++) insert.run(person(index), HOST, BIRTH, inviterOf(index))
  side.exec('COMMIT')
}

const person = (index: number) => `did:plc:${String(index).padStart(6, '0')}`
const asChain = (index: number) => (index === 0 ? null : person(index - 1))
const asStar = (index: number) => (index === 0 ? null : person(0))

async function count(bench: Bench, did: string, most: number) {
  let turns = 0
  const nextTurn = async () => void (turns += 1)
  return { ...(await countBranch({ store: bench.store, host: HOST, nextTurn }, did, most)), turns }
}

test.each([
  ['a chain', asChain, 1],
  ['a star', asStar, 1500],
])('%s is counted to its end, and other work is let in meanwhile', async (_, shape, children) => {
  await using bench = await openBench()
  plant(bench, 1501, shape)
  const figures = await count(bench, person(0), 10_000)
  expect(figures).toMatchObject({ children, joined: 1500, active: 1500, takenDown: 0, atLeast: false })
  expect(figures.turns).toBeGreaterThan(2)
})

test.each([
  ['a chain', asChain],
  ['a star', asStar],
])('%s is counted as far as allowed, and no further', async (_, shape) => {
  await using bench = await openBench()
  plant(bench, 101, shape)
  expect(await count(bench, person(0), 99)).toMatchObject({ joined: 99, atLeast: true })
  expect(await count(bench, person(0), 101)).toMatchObject({ joined: 100, atLeast: false })
})

test('a ring is counted once, without whom it was asked about', async () => {
  await using bench = await openBench()
  plant(bench, 10, (index) => person((index + 9) % 10))
  expect(await count(bench, person(3), 100)).toMatchObject({ joined: 9, atLeast: false })
})

test('on a page of great branches each is counted at least to a thousand', async () => {
  await using bench = await openBench()
  const [small, great] = [2, 5]
  const roots = small + great
  plant(bench, roots + small * 1000 + great * 10_000, (index) => {
    if (index < roots) return null
    return person(index < roots + small * 1000 ? index % small : small + (index % great))
  })
  const { overview } = overviewOf(bench)
  const level = await overview.level(undefined, { limit: 50, after: null })
  expect(level.branches.map(({ joined }) => joined)).toEqual([
    ...Array.from({ length: great }, () => 10_000),
    ...Array.from({ length: small }, () => 1000),
  ])
  expect(level.branches.every(({ atLeast }) => atLeast)).toBe(true)
})

test('the way there is told by its last hundred', async () => {
  await using bench = await openBench()
  plant(bench, 150, asChain)
  const { path } = await overviewOf(bench).overview.level(person(149), { limit: 50, after: null })
  expect([path.length, path[0]?.did, path.at(-1)?.did]).toEqual([100, person(50), person(149)])
})

test('a preview looks at everybody, part by part, by the rule of earning', async () => {
  await using bench = await openBench()
  plant(bench, 401, asStar)
  const { overview, clock } = overviewOf(bench)
  const { store } = bench
  const policy = { interval: DAY, epoch: 0, cap: 2 }
  expect(await overview.previewPolicy(policy)).toMatchObject({ accounts: 401, codes: 802 })
  expect(clock.turns).toBeGreaterThan(2)

  await store.insertEarned({
    did: person(7),
    host: HOST,
    createdAt: BIRTH + 1,
    firstOrdinal: 1,
    codes: ['one', 'two'],
  })
  expect(await overview.previewPolicy(policy)).toMatchObject({ accounts: 400, codes: 800 })
  await store.setInvitesDisabled({ did: person(8), host: HOST, disabled: true, note: null })
  expect(await overview.previewPolicy(policy)).toMatchObject({ accounts: 399, codes: 798 })
})

test('a preview asks the PDS when members joined of whom that is not known, but not for too many, nor again once it failed', async () => {
  await using bench = await openBench()
  plant(bench, 2300, asStar)
  bench.side.exec('UPDATE account SET created_at = NULL, status_seq = 1')
  const policy = { interval: DAY, epoch: 0, cap: 2 }
  const asked: number[] = []
  const { overview } = overviewOf(bench, async (dids) => {
    asked.push(dids.length)
    return new Map(dids.map((did) => [did, { handle: null, createdAt: BIRTH }]))
  })
  const preview = await overview.previewPolicy(policy)
  expect(preview).toEqual({ accounts: 2000, codes: 4000, unknown: 300 })
  expect(Math.max(...asked)).toBeLessThanOrEqual(200)

  let tries = 0
  const { overview: alone } = overviewOf(bench, async () => {
    tries += 1
    throw new Error('the PDS is away')
  })
  expect(await alone.previewPolicy(policy)).toEqual({ accounts: 0, codes: 0, unknown: 2300 })
  expect(tries).toBe(1)
})

test('a preview is empty until members can earn', async () => {
  await using bench = await openBench({ earning: false })
  plant(bench, 3, asStar)
  const { overview } = overviewOf(bench)
  const nothing = { accounts: 0, codes: 0, unknown: 0 }
  expect(await overview.previewPolicy({ interval: DAY, epoch: 0, cap: 5 })).toEqual(nothing)
})

test('figures are looked up once in five seconds, for all who ask; sign-ups are told as they are', async () => {
  await using bench = await openBench()
  const { overview, clock } = overviewOf(bench)
  await bench.store.insertGifted([{ code: 'gift', forAccount: ALICE, available: 2 }], HOST, BIRTH)
  const first = await overview.status()
  expect(first.codes).toEqual({ open: 1, usedUp: 0, expired: 0, disabled: 0 })
  await useCode(bench, 'gift', BOB, clock.now)
  await useCode(bench, 'gift', CAROL, clock.now)
  clock.now += 4999
  const soon = await overview.status()
  expect([soon.codes.open, soon.signUps.length]).toEqual([1, 2])
  clock.now += 1
  const later = await overview.status()
  expect([later.codes.open, later.codes.usedUp]).toEqual([0, 1])
  expect(later.days.at(-1)).toEqual({ begin: BIRTH + 3 * DAY, signUps: 2 })
  expect(later.days[0]).toEqual({ begin: BIRTH - 26 * DAY, signUps: 0 })
})
