import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CODE_BYTES, makeCode, withNewCodes } from '../../src/invites/code.ts'

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz234567']

/** The ten random letters of a code. */
function lettersOf(code: string): string {
  return code.slice(-11).replace('-', '')
}

function codeFrom(bytes: readonly number[]): string {
  return makeCode('pds.example.com', Uint8Array.from(bytes))
}

describe('an invite code', () => {
  test('is the host with dashes and twice five letters of base 32, whatever the bytes', () => {
    const bytes = fc.uint8Array({ minLength: CODE_BYTES, maxLength: CODE_BYTES })
    fc.assert(
      fc.property(fc.domain(), bytes, (hostname, random) => {
        const code = makeCode(hostname, random)
        expect(code.slice(-12)).toMatch(/^-[a-z2-7]{5}-[a-z2-7]{5}$/)
        expect(code.slice(0, -12)).toBe(hostname.split('.').join('-'))
      }),
    )
  })

  test('has every letter in every place for exactly eight of the 256 values of its byte', () => {
    for (let place = 0; place < CODE_BYTES; place++) {
      const counts = new Map<string, number>()
      for (let value = 0; value < 256; value++) {
        const letter = lettersOf(codeFrom(Array.from({ length: CODE_BYTES }, () => value))).charAt(place)
        counts.set(letter, (counts.get(letter) ?? 0) + 1)
      }
      expect([...counts.keys()].toSorted()).toEqual(LETTERS.toSorted())
      expect(new Set(counts.values())).toEqual(new Set([8]))
    }
  })

  test('keeps all 50 bits: bytes that differ in their low five bits give different codes', () => {
    const quintets = fc.array(fc.nat({ max: 31 }), { minLength: CODE_BYTES, maxLength: CODE_BYTES })
    fc.assert(
      fc.property(quintets, quintets, (one, other) => {
        const same = one.every((value, index) => value === other[index])
        expect(codeFrom(one) === codeFrom(other)).toBe(same)
      }),
    )
  })

  test('has no letters that are easily taken for each other: neither 0, 1, 8, 9 nor capitals', () => {
    const used = new Set(
      Array.from({ length: 2000 }, () => lettersOf(makeCode('a.test', randomBytes(CODE_BYTES)))).join(''),
    )
    expect([...used].toSorted()).toEqual(LETTERS.toSorted())
  })
})

describe('new codes', () => {
  test('are of one byte a letter, drawn for all of them at once and used up once', async () => {
    const asked: number[] = []
    const random = (bytes: number) => {
      asked.push(bytes)
      return Uint8Array.from({ length: bytes }, (_, index) => index)
    }
    const [outcome, codes] = await withNewCodes({ hostname: 'a.test', random, count: 3 }, async () => 'done')
    expect(outcome).toBe('done')
    expect(codes).toEqual(['a-test-abcde-fghij', 'a-test-klmno-pqrst', 'a-test-uvwxy-z2345'])
    expect(asked).toEqual([30])
  })
})
