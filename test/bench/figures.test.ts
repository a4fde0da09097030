import { describe, expect, test } from 'vitest'
import { chooseRounds, disturbed } from '../../bench/measure/disturbance.ts'
import { inRounds } from '../../bench/measure/rounds.ts'
import { median, spreadOf } from '../../bench/measure/statistics.ts'

describe('what several figures come to', () => {
  test('the median is the middle, or the mean of the two middle ones, and of nothing there is none', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([10, 1, 9, 2])).toBe(5.5)
    expect(() => median([])).toThrow(RangeError)
  })

  test('the spread tells the lowest and the highest as well', () => {
    expect(spreadOf([100, 9, 20])).toEqual({ median: 20, low: 9, high: 100 })
  })
})

describe('a disturbed round', () => {
  test('is one in which others took more than a tenth of a core', () => {
    const rounds = [0.02, 0.1, 0.11].map((foreign) => ({ foreign, floor: undefined }))
    expect(disturbed(rounds)).toEqual([false, false, true])
  })

  test('is one in which the floor is off its median by more than a tenth, up or down', () => {
    const rounds = [100, 109, 112, 91, 88].map((floor) => ({ foreign: 0, floor }))
    expect(disturbed(rounds)).toEqual([false, false, true, false, true])
  })

  test('can’t be told where neither is known', () => {
    expect(disturbed([{ foreign: undefined, floor: undefined }])).toEqual([false])
  })

  test('counts only where there are not enough others, and then the least disturbed', () => {
    const round = (name: string, foreign: number) => ({ name, foreign, floor: undefined })
    const [noisy, quiet, loud, calm] = [round('a', 0.5), round('b', 0), round('c', 2), round('d', 0.05)]
    expect(chooseRounds([noisy, quiet, loud, calm], 2)).toEqual({ chosen: [quiet, calm], disturbed: 0 })
    expect(chooseRounds([noisy, quiet, loud, calm], 3)).toEqual({
      chosen: [noisy, quiet, calm],
      disturbed: 1,
    })
  })
})

describe('rounds', () => {
  /** Measures two servers on a machine on which others take what is listed, round after round. */
  async function measure(foreign: readonly number[], plan: { wanted: number; most: number }) {
    const order: string[] = []
    const contestant = (name: string) => async () => {
      order.push(name)
      return order.length
    }
    const rounds = await inRounds(
      { a: contestant('a'), b: contestant('b') },
      {
        plan,
        size: (figure) => figure,
        watch: async (work) => ({
          value: await work(),
          foreign: foreign[Math.floor((order.length - 1) / 2)],
        }),
      },
    )
    return { order: order.join(''), ...rounds }
  }

  test('take turns, and end when enough were quiet', async () => {
    expect(await measure([0, 0, 0], { wanted: 2, most: 4 })).toEqual({
      order: 'abab',
      figures: { a: [1, 3], b: [2, 4] },
      made: 2,
      disturbed: 0,
      foreign: 0,
    })
  })

  test('are made again for those that were disturbed, which then do not count', async () => {
    expect(await measure([0, 1, 0], { wanted: 2, most: 4 })).toEqual({
      order: 'ababab',
      figures: { a: [1, 5], b: [2, 6] },
      made: 3,
      disturbed: 0,
      foreign: 0,
    })
  })

  test('are not made again for ever', async () => {
    expect(await measure([1, 2, 3], { wanted: 2, most: 3 })).toMatchObject({
      order: 'ababab',
      figures: { a: [1, 3] },
      made: 3,
      disturbed: 2,
      foreign: 2,
    })
  })
})
