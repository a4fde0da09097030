import { describe, expect, test } from 'vitest'
import { atLeast, atMost, missed, type Report, timesAsMuch, timesFaster } from '../../bench/report/model.ts'
import { figure, markdown } from '../../bench/report/table.ts'

const [fast, slow] = [
  { median: 30_000, low: 29_000, high: 31_000 },
  { median: 1000, low: 900, high: 1100 },
]

const REPORT: Report = {
  facts: { date: '2026-11-01', Node: 'v26' },
  sections: [
    {
      name: 'own-codes',
      title: 'Own codes',
      lines: [
        {
          what: '5 codes',
          unit: 'requests/s',
          sides: { latchkey: fast, pds: slow },
          results: [
            ...timesAsMuch(fast, slow, '× the PDS', atLeast(30)),
            { of: 'of the floor', value: 0.4, target: atLeast(0.5) },
          ],
        },
      ],
      notes: ['A note.'],
    },
    {
      name: 'redemption',
      title: 'Redemption',
      columns: { latchkey: 'together', pds: 'apart' },
      lines: [
        {
          what: '1 writer',
          unit: 'a second',
          sides: { latchkey: slow, pds: slow },
          results: [],
          disturbed: 2,
        },
      ],
      notes: [],
    },
  ],
}

describe('the report', () => {
  test('is a table for each row, with the spread, the ratio, and whether its target is met', () => {
    expect(markdown(REPORT)).toBe(`- date: 2026-11-01
- Node: v26

### Own codes

|  | Latchkey | PDS | result |
|---|---|---|---|
| 5 codes, requests/s | 30,000 (29,000–31,000) | 1,000 (900–1,100) | 30 × the PDS (≥ 30: met); 0.400 of the floor (≥ 0.5: **missed**) |

A note.

### Redemption

|  | together | apart | result |
|---|---|---|---|
| 1 writer, a second †2 | 1,000 (900–1,100) | 1,000 (900–1,100) |  |

† In so many of the rounds that count the machine was not quiet.

Targets: 2, of which missed: 1.
`)
  })

  test('knows what is missed', () => {
    expect(missed(REPORT).map(({ of }) => of)).toEqual(['of the floor'])
  })

  test('has targets that are met at their very value, from either side', () => {
    const result = (value: number, target = atMost(1.3)) => [{ of: '', value, target }]
    const report = (results: ReturnType<typeof result>): Report => ({
      facts: {},
      sections: [{ name: '', title: '', lines: [{ what: '', unit: '', sides: {}, results }], notes: [] }],
    })
    expect(missed(report(result(1.3)))).toEqual([])
    expect(missed(report(result(1.31)))).toHaveLength(1)
    expect(missed(report(result(2, atLeast(2))))).toEqual([])
    expect(missed(report(result(1.99, atLeast(2))))).toHaveLength(1)
  })

  test('says how many times faster what takes less time is, and nothing where one is missing', () => {
    expect(timesFaster(slow, fast, 'faster')).toEqual([{ of: 'faster', value: 30 }])
    expect(timesAsMuch(fast, undefined, 'as much')).toEqual([])
  })

  test('shows three digits that count', () => {
    expect([0.01234, 1.234, 12.34, 123.4, 1234.5, 7, 0].map(figure)).toEqual([
      '0.012',
      '1.23',
      '12.3',
      '123',
      '1,235',
      '7',
      '0',
    ])
  })
})
