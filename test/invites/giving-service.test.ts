import { expect, test } from 'vitest'
import { GivingService } from '../../src/invites/giving-service.ts'
import { ALICE, HOST } from './sample-codes.ts'
import { type Bench, BIRTH, BOB, codeOf, DAY, openBench, useCode } from './service-bench.ts'

/** The service over the bench's store, at one instant, with everybody free to guess. */
function givingAt({ store, host, service: invites }: Bench, now: number, ...letters: string[]) {
  const names = letters.map((name) =>
    Uint8Array.from(name, (letter) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(letter)),
  )
  let counted = 0
  const giving = new GivingService({
    store,
    host,
    invites,
    guesses: {
      blockedFor: async () => undefined,
      count: async () => {
        counted += 1
      },
    },
    now: () => now,
    random: (bytes) =>
      (bytes === 10 ? names.shift() : undefined) ?? crypto.getRandomValues(new Uint8Array(bytes)),
  })
  return { giving, counted: () => counted }
}

const EARNING = { interval: DAY, epoch: 0, cap: 5 }

test.each([
  ['earning was not opened', { earning: false }, { why: 'notOpen' }],
  ['nobody earns', { policy: { ...EARNING, interval: null } }, { why: 'nobodyEarns' }],
  ['the cap is zero', { policy: { ...EARNING, cap: 0 } }, { why: 'cap' }],
  ['a code is earned a day', {}, { at: BIRTH + 3 * DAY }],
])('what is said of the next code when %s', async (_, options, next) => {
  await using bench = await openBench(options)
  const { giving } = givingAt(bench, BIRTH + 2.5 * DAY)
  expect((await giving.invitesOf(ALICE)).next).toEqual(next)
})

test('a use of an earned code makes room below the cap, and then the next is said to come', async () => {
  await using bench = await openBench({ policy: { ...EARNING, cap: 1 } })
  const { codes, next } = await givingAt(bench, BIRTH + DAY).giving.invitesOf(ALICE)
  expect([codes.length, next]).toEqual([1, { why: 'cap' }])
  await useCode(bench, codes[0]?.code ?? '', BOB, BIRTH + DAY + 1)
  const after = await givingAt(bench, BIRTH + DAY + 2).giving.invitesOf(ALICE)
  expect(after.next).toEqual({ at: BIRTH + 2 * DAY })
})

test('a replacement whose random name is taken gets another', async () => {
  await using bench = await openBench()
  bench.drawNext('aaaaabbbbb')
  await bench.service.createGifted({ forAccounts: [ALICE], codeCount: 1, useCount: 1 })
  const { giving } = givingAt(bench, BIRTH + 1, 'aaaaabbbbb', 'ccccccccc2')
  expect(await giving.switchOffCode(ALICE, codeOf('aaaaabbbbb'))).toBe(codeOf('ccccccccc2'))
})

test('a code that the PDS still redeems can’t be switched off, and is good by what is known of it', async () => {
  await using bench = await openBench({ earning: false })
  const imported = {
    code: 'theirs',
    forAccount: ALICE,
    createdBy: 'admin',
    createdAt: BIRTH,
    available: 2,
    disabled: false,
    uses: [{ usedBy: BOB, usedAt: BIRTH }],
  }
  await bench.store.importCodes(HOST, [imported], { at: BIRTH, dryRun: false })
  const { giving, counted } = givingAt(bench, BIRTH + 1)
  await expect(giving.switchOffCode(ALICE, 'theirs')).rejects.toMatchObject({ code: 'InvalidRequest' })
  expect(await giving.checkCode('theirs', '192.0.2.1')).toMatchObject({ good: true, left: 1 })
  expect(counted()).toBe(0)
  expect(await giving.checkCode('unknown, perhaps the PDS’s', '192.0.2.1')).toEqual({ good: false })
  expect(counted()).toBe(1)
})
