/** What several measurements of one thing come to. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** @returns the middle of the values, or the mean of the two middle ones. @throws {RangeError} when there is none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  if (upper === undefined || lower === undefined) throw new RangeError('There is no median of nothing')
  return (lower + upper) / 2
}

/** @throws {RangeError} when there are no values */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) }
}
