import type { Spread } from '../measure/statistics.ts'

/** One of the servers, or what a row puts in a column of its own. */
export type Side = 'latchkey' | 'pds' | 'floor'

/** What a ratio has to reach. */
export interface Target {
  readonly kind: 'at least' | 'at most'
  readonly value: number
}

/** How Latchkey stands beside something else. */
export interface Result {
  /** What the number is of, behind it: `× the PDS`. */
  readonly of: string
  readonly value: number
  readonly target?: Target
}

/** One measured case, and what it comes to. */
export interface Line {
  readonly what: string
  readonly unit: string
  readonly sides: Partial<Readonly<Record<Side, Spread>>>
  readonly results: readonly Result[]
  /** In how many of the rounds that count the machine was not quiet; none where left out. */
  readonly disturbed?: number
  /** How much others worked in the busiest of them, in cores. */
  readonly foreign?: number
}

/** A row of the benchmark. */
export interface Section {
  readonly name: string
  readonly title: string
  /** What the columns mean where it is not the servers. */
  readonly columns?: Partial<Readonly<Record<Side, string>>>
  readonly lines: readonly Line[]
  /** What one has to know to read the figures. */
  readonly notes: readonly string[]
}

/** Where and when it was measured. */
export type Facts = Readonly<Record<string, string>>

export interface Report {
  readonly facts: Facts
  readonly sections: readonly Section[]
}

export function isMet({ value, target }: Result): boolean | undefined {
  if (target === undefined) return undefined
  return target.kind === 'at least' ? value >= target.value : value <= target.value
}

/** The results of a report that miss their targets. */
export function missed(report: Report): readonly Result[] {
  return report.sections
    .flatMap(({ lines }) => lines)
    .flatMap(({ results }) => results)
    .filter((result) => isMet(result) === false)
}

/** How many times as much Latchkey does. Nothing where one of them was not measured. */
export function timesAsMuch(
  own: Spread | undefined,
  other: Spread | undefined,
  of: string,
  target?: Target,
): Result[] {
  if (own === undefined || other === undefined) return []
  return [{ of, value: own.median / other.median, ...(target !== undefined && { target }) }]
}

/** How many times faster Latchkey is, of times that are better when short. Nothing where one of them was not measured. */
export function timesFaster(
  own: Spread | undefined,
  other: Spread | undefined,
  of: string,
  target?: Target,
): Result[] {
  return timesAsMuch(other, own, of, target)
}

export function atLeast(value: number): Target {
  return { kind: 'at least', value }
}

export function atMost(value: number): Target {
  return { kind: 'at most', value }
}
