import { describe, expect, test } from 'vitest'
import { StoreBusyError, StoreUnavailableError } from '../../src/invites/store.ts'
import type { AccountStatus } from '../../src/invites/types.ts'
import { ALICE, HOST } from './sample-codes.ts'
import {
  AS_IT_IS,
  type Bench,
  BIRTH,
  BOB,
  BOTH,
  codeOf,
  DAY,
  fileVersion,
  LIMITS,
  openBench,
  useCode,
} from './service-bench.ts'

/** The names of the codes that Alice is shown. */
async function shown({ service }: Bench, params = BOTH): Promise<string[]> {
  return (await service.codesOfMember(ALICE, params)).codes.map(({ code }) => code)
}

async function gift({ service }: Bench, useCount = 1): Promise<string> {
  const [made] = await service.createGifted({ forAccounts: [ALICE], codeCount: 1, useCount })
  return made?.codes[0] ?? ''
}

function codesInFile({ side }: Bench): number {
  return Number(side.prepare('SELECT count(*) AS count FROM invite_code').get()?.['count'])
}

describe('reading the codes of a member', () => {
  test('without createAvailable writes nothing, whatever was earned', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + 3 * DAY)
    const before = fileVersion(bench)
    expect(await shown(bench, AS_IT_IS)).toEqual([])
    expect(fileVersion(bench)).toBe(before)
    expect(bench.pds.questions).toEqual([])
    expect(await shown(bench)).toHaveLength(3)
    expect(fileVersion(bench)).not.toBe(before)
  })

  test('with nothing due writes nothing either, and waits for no writer', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + 3 * DAY)
    const codes = await shown(bench)
    const before = fileVersion(bench)
    bench.goTo(BIRTH + 4 * DAY - 1)
    bench.side.exec('BEGIN IMMEDIATE')
    expect(await shown(bench)).toEqual(codes)
    bench.side.exec('ROLLBACK')
    expect(fileVersion(bench)).toBe(before)
  })

  test('lists them by when they were made, and those made together by name', async () => {
    await using bench = await openBench()
    bench.drawNext('ccccccaaaa', 'aaaaaaaaaa', 'bbbbbaaaaa', 'aaaaaaaaab', 'aaaaa22222')
    const gifted = await gift(bench)
    bench.goTo(BIRTH + 2 * DAY)
    await shown(bench)
    bench.goTo(BIRTH + 4 * DAY)
    const names = ['aaaaaaaaaa', 'bbbbbaaaaa', 'aaaaa22222', 'aaaaaaaaab'].map(codeOf)
    expect(gifted).toBe(codeOf('ccccccaaaa'))
    expect(await shown(bench)).toEqual([gifted, ...names])
    expect(await shown(bench, AS_IT_IS)).toEqual([gifted, ...names])
  })

  test('without includeUsed leaves out those with no uses left, and no others', async () => {
    await using bench = await openBench()
    const [spent, halfSpent, untouched] = [await gift(bench), await gift(bench, 2), await gift(bench)]
    await useCode(bench, spent, 'did:plc:one', BIRTH + 1)
    await useCode(bench, halfSpent, 'did:plc:two', BIRTH + 2)
    const all = await shown(bench)
    expect(all.toSorted()).toEqual([spent, halfSpent, untouched].toSorted())
    const unused = await shown(bench, { includeUsed: false, createAvailable: true })
    expect(unused).toEqual(all.filter((code) => code !== spent))
  })

  test('never lists disabled codes, nor expired ones from the very instant of their expiry', async () => {
    await using bench = await openBench()
    const [disabled, expiring] = [await gift(bench), await gift(bench)]
    await bench.service.disableCodes({ codes: [disabled], owners: [] })
    const setExpiry = bench.side.prepare('UPDATE invite_code SET expires_at = ? WHERE code = ?')
    setExpiry.run(BIRTH + 1000, expiring)
    bench.goTo(BIRTH + 999)
    expect(await shown(bench)).toEqual([expiring])
    bench.goTo(BIRTH + 1000)
    expect(await shown(bench)).toEqual([])
  })

  test('shows the uses of a code, newest first', async () => {
    await using bench = await openBench()
    const code = await gift(bench, 3)
    await useCode(bench, code, 'did:plc:one', BIRTH + 1)
    await useCode(bench, code, 'did:plc:two', BIRTH + 2)
    const { codes } = await bench.service.codesOfMember(ALICE, AS_IT_IS)
    const [{ uses } = {}] = codes
    expect(uses).toEqual([
      { usedBy: 'did:plc:two', usedAt: BIRTH + 2 },
      { usedBy: 'did:plc:one', usedAt: BIRTH + 1 },
    ])
  })
})

describe('nobody earns', () => {
  test('before earning was opened on the host, and the codes there are stay', async () => {
    await using bench = await openBench({ earning: false })
    expect(bench.host.earningSince).toBeNull()
    const gifted = await gift(bench)
    bench.goTo(BIRTH + 100 * DAY)
    const before = fileVersion(bench)
    expect(await shown(bench)).toEqual([gifted])
    expect(fileVersion(bench)).toBe(before)
  })

  test('under a policy without an interval', async () => {
    await using bench = await openBench({ policy: { interval: null, epoch: 0, cap: 5 } })
    bench.goTo(BIRTH + 100 * DAY)
    expect(await shown(bench)).toEqual([])
    expect(bench.pds.questions).toEqual([])
  })

  test('while their invites are disabled, which takes no write, and the codes already made stay good', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + DAY)
    const [earned = ''] = await shown(bench)
    await bench.service.setInvitesDisabled(ALICE, true, 'too many strangers')
    bench.goTo(BIRTH + 3 * DAY)
    bench.side.exec('BEGIN IMMEDIATE')
    expect(await shown(bench)).toEqual([earned])
    bench.side.exec('ROLLBACK')
    await useCode(bench, earned, BOB, BIRTH + 3 * DAY)
    expect(await shown(bench)).toEqual([earned])
    await bench.service.setInvitesDisabled(ALICE, false, undefined)
    expect(await shown(bench)).toHaveLength(3)
  })

  test('whose account the PDS lacks, which is told and leaves nothing', async () => {
    await using bench = await openBench()
    bench.pds.accounts.delete(ALICE)
    const before = fileVersion(bench)
    await expect(shown(bench)).rejects.toMatchObject({ name: 'InviteError', code: 'UnknownAccount' })
    expect(fileVersion(bench)).toBe(before)
  })
})

describe('creating earned codes', () => {
  test('makes them the member’s own, with one use, at the instant of the call', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + 2 * DAY + 5)
    const { codes } = await bench.service.codesOfMember(ALICE, BOTH)
    expect(new Set(codes.map(({ ordinal }) => ordinal))).toEqual(new Set([1, 2]))
    const { codes: made } = await bench.store.memberSnapshot(ALICE)
    expect(made).toHaveLength(2)
    for (const code of made)
      expect(code).toMatchObject({
        host: HOST,
        forAccount: ALICE,
        createdBy: ALICE,
        createdAt: BIRTH + 2 * DAY + 5,
        available: 1,
        used: 0,
        disabledAt: null,
        uses: [],
      })
  })

  test('asks the PDS for the birth once, and once more when the member has arrived anew', async () => {
    await using bench = await openBench()
    for (const day of [1, 2, 3]) {
      bench.goTo(BIRTH + day * DAY)
      expect(await shown(bench)).toHaveLength(day)
    }
    expect(bench.pds.questions).toEqual([[ALICE]])
    const [code = ''] = await shown(bench)
    bench.pds.accounts.set(ALICE, { handle: 'alice.test', createdAt: BIRTH + 3 * DAY })
    await useCode(bench, code, ALICE, BIRTH + 3 * DAY)
    bench.goTo(BIRTH + 4 * DAY)
    expect(await shown(bench)).toHaveLength(3)
    expect(bench.pds.questions).toEqual([[ALICE], [ALICE]])
  })

  test('gives parallel callers the same codes, made once', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + 100 * DAY)
    const answers = await Promise.all(Array.from({ length: 10 }, () => shown(bench)))
    expect(answers[0]).toHaveLength(5)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(codesInFile(bench)).toBe(5)
  })

  test('draws again when a random code exists already, or comes twice', async () => {
    await using bench = await openBench()
    bench.drawNext('taken22222')
    const taken = await gift(bench)
    bench.goTo(BIRTH + 2 * DAY)
    bench.drawNext('fresh22222', 'taken22222', 'twice22222', 'twice22222', 'third22222', 'third33333')
    expect(await shown(bench)).toEqual([taken, codeOf('third22222'), codeOf('third33333')])
    expect(codesInFile(bench)).toBe(3)
  })

  test('gives up on a random source that only repeats itself, and leaves nothing', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + 2 * DAY)
    bench.drawNext(...Array.from({ length: 12 }, () => 'same222222'))
    await expect(shown(bench)).rejects.toThrow('the random source is broken')
    expect(codesInFile(bench)).toBe(0)
    expect(await shown(bench)).toHaveLength(2)
  })

  test('says DuplicateCreate when the database stays busy, leaves nothing, and succeeds afterwards', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + DAY)
    expect(await shown(bench)).toHaveLength(1)
    bench.goTo(BIRTH + 3 * DAY)
    bench.side.exec('BEGIN IMMEDIATE')
    await expect(shown(bench)).rejects.toMatchObject({
      name: 'InviteError',
      code: 'DuplicateCreate',
      message: 'attempted to create additional codes in another request',
      cause: expect.any(StoreBusyError),
    })
    bench.side.exec('ROLLBACK')
    expect(codesInFile(bench)).toBe(1)
    expect(await shown(bench)).toHaveLength(3)
  })

  test('says so as well when not even the birth could be kept', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + DAY)
    bench.side.exec('BEGIN IMMEDIATE')
    await expect(shown(bench)).rejects.toMatchObject({ code: 'DuplicateCreate' })
    bench.side.exec('ROLLBACK')
    expect(await shown(bench)).toHaveLength(1)
  })

  test('does not take a database that is gone for a busy one', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + DAY)
    await bench.store[Symbol.asyncDispose]()
    await expect(shown(bench)).rejects.toThrow(StoreUnavailableError)
  })
})

describe('giving codes', () => {
  test.for<[string, { forAccounts?: string[]; codeCount?: number; useCount?: number }, string]>([
    ['no uses', { useCount: 0 }, 'useCount must be between 1 and 10, got 0'],
    ['a negative number of uses', { useCount: -5 }, 'useCount must be between 1 and 10, got -5'],
    ['too many uses', { useCount: 11 }, 'useCount must be between 1 and 10, got 11'],
    ['half a use', { useCount: 1.5 }, 'useCount must be between 1 and 10, got 1.5'],
    ['no number of uses', { useCount: Number.NaN }, 'useCount must be between 1 and 10, got NaN'],
    ['no codes', { codeCount: 0 }, 'codeCount must be between 1 and 20, got 0'],
    ['a negative number of codes', { codeCount: -1 }, 'codeCount must be between 1 and 20, got -1'],
    ['too many codes', { codeCount: 21 }, 'codeCount must be between 1 and 20, got 21'],
    ['half a code', { codeCount: 2.5 }, 'codeCount must be between 1 and 20, got 2.5'],
    [
      'too many codes in all',
      { forAccounts: [ALICE, BOB, 'admin'], codeCount: 7 },
      'at most 20 codes can be created at once, this asks for 21',
    ],
  ])('refuses %s', async ([, change, message]) => {
    await using bench = await openBench()
    const before = fileVersion(bench)
    const request = { forAccounts: [ALICE], codeCount: 1, useCount: 1, ...change }
    await expect(bench.service.createGifted(request)).rejects.toMatchObject({
      name: 'InviteError',
      code: 'InvalidRequest',
      message,
    })
    expect(fileVersion(bench)).toBe(before)
  })

  test('refuses all when one of the owners is unknown to the PDS', async () => {
    await using bench = await openBench()
    const request = { forAccounts: [ALICE, 'did:plc:nobody'], codeCount: 1, useCount: 1 }
    await expect(bench.service.createGifted(request)).rejects.toMatchObject({
      code: 'UnknownAccount',
      message: 'Account not found: did:plc:nobody',
    })
    expect(codesInFile(bench)).toBe(0)
  })

  test('reaches exactly the limits, in the order asked for, the same owner twice', async () => {
    await using bench = await openBench()
    const forAccounts = [BOB, 'admin', ALICE, BOB]
    const useCount = LIMITS.usesPerCode
    const made = await bench.service.createGifted({ forAccounts, codeCount: 5, useCount })
    expect(made.map(({ account }) => account)).toEqual(forAccounts)
    expect(made.map(({ codes }) => codes.length)).toEqual([5, 5, 5, 5])
    expect(bench.pds.questions).toEqual([[BOB, ALICE]])
    const { codes: ofBob } = await bench.service.codesOfMember(BOB, AS_IT_IS)
    expect(ofBob.map(({ code }) => code)).toEqual(
      [0, 3].flatMap((index) => made[index]?.codes ?? []).toSorted(),
    )
    expect(ofBob[0]).toMatchObject({ createdBy: 'admin', forAccount: BOB, available: 10, ordinal: null })
  })

  test('draws all of them again when one exists already', async () => {
    await using bench = await openBench()
    bench.drawNext('taken22222', 'fresh22222', 'taken22222', 'other22222', 'other33333')
    await gift(bench)
    const [made] = await bench.service.createGifted({ forAccounts: [BOB], codeCount: 2, useCount: 1 })
    expect(made?.codes).toEqual([codeOf('other22222'), codeOf('other33333')])
    expect(codesInFile(bench)).toBe(3)
  })

  test('does not ask the PDS about the operator', async () => {
    await using bench = await openBench()
    await bench.service.createGifted({ forAccounts: ['admin'], codeCount: 1, useCount: 1 })
    expect(bench.pds.questions).toEqual([])
  })

  test('asks the PDS only about those whom it has not told of itself, or has told to be gone', async () => {
    await using bench = await openBench()
    const { service, store, pds } = bench
    const tell = (seq: number, did: string, status: AccountStatus) =>
      store.applyEvent(HOST, { seq, at: BIRTH + seq, did, status })
    await tell(1, ALICE, 'takendown')
    // Bob has a row since a code was made for him, and the firehose has not named him.
    await service.createGifted({ forAccounts: [BOB], codeCount: 1, useCount: 1 })
    pds.questions.length = 0
    await service.createGifted({ forAccounts: [ALICE, BOB], codeCount: 1, useCount: 1 })
    expect(pds.questions).toEqual([[BOB]])

    await tell(2, BOB, 'active')
    await service.createGifted({ forAccounts: [ALICE, BOB], codeCount: 1, useCount: 1 })
    expect(pds.questions).toEqual([[BOB]])

    await tell(3, ALICE, 'deleted')
    pds.accounts.delete(ALICE)
    const again = service.createGifted({ forAccounts: [ALICE, BOB], codeCount: 1, useCount: 1 })
    await expect(again).rejects.toMatchObject({ code: 'UnknownAccount' })
    expect(pds.questions).toEqual([[BOB], [ALICE]])
  })

  test('never takes away from what a member earns', async () => {
    await using bench = await openBench()
    await bench.service.createGifted({ forAccounts: [ALICE], codeCount: 10, useCount: 1 })
    bench.goTo(BIRTH + 100 * DAY)
    expect(await shown(bench)).toHaveLength(15)
  })
})

describe('disabling codes', () => {
  test('by their owner is refused for the operator’s own, with nothing disabled', async () => {
    await using bench = await openBench()
    const code = await gift(bench)
    const disabling = bench.service.disableCodes({ codes: [code], owners: [ALICE, 'admin'] })
    await expect(disabling).rejects.toMatchObject({
      code: 'InvalidRequest',
      message: 'cannot disable admin invite codes',
    })
    expect(await shown(bench)).toEqual([code])
  })

  test('leaves them counted as made: no others are earned in their place', async () => {
    await using bench = await openBench()
    bench.goTo(BIRTH + 3 * DAY)
    await shown(bench)
    await bench.service.disableCodes({ codes: [], owners: [ALICE] })
    expect(await shown(bench)).toEqual([])
    bench.goTo(BIRTH + 4 * DAY)
    expect(await shown(bench)).toHaveLength(1)
  })
})
