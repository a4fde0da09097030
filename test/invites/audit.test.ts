import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeDeed, makeId } from '../../src/invites/audit.ts'

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('an id is the UUID that RFC 9562 makes of the same instant and chance', () => {
  // Its example, in appendix A.6; the highest bits of two bytes give way to version and variant.
  const bytes = Uint8Array.from([0xfc, 0xc3, 0xd8, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
  const now = Date.parse('2022-02-22T14:22:22-05:00')
  expect(makeId(() => bytes, now)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
})

test('ids stand in the order of their instants, and those of one instant differ', () => {
  const instants = [0, 1, 0xff_ff, 0x1_00_00, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1]
  const ids = instants.map((now) => makeId(randomBytes, now))
  expect(ids).toEqual(ids.toSorted())
  for (const id of ids) expect(id).toMatch(VERSION_7)
  expect(new Set(Array.from({ length: 1000 }, () => makeId(randomBytes, 5))).size).toBe(1000)
})

test('a deed and its id are of one instant, though time goes on', () => {
  let time = 0x100
  const deed = makeDeed('admin', { now: () => time++, random: randomBytes })
  expect(deed).toEqual({ id: expect.stringMatching(/^00000000-0100-/), at: 0x100, actor: 'admin' })
})
