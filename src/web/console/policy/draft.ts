import type { DatetimeString } from '@atproto/lex-schema'
import type { app } from '../../../lexicons/index.ts'

export type Policy = app.latchkey.defs.Policy

/** What intervals are counted in, in milliseconds, the longest first. */
const UNIT_LENGTHS = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
} as const

export type Unit = keyof typeof UNIT_LENGTHS

const UNITS = Object.keys(UNIT_LENGTHS) as readonly Unit[]

/** What is offered: nobody means to give out codes by the second, though settings may say so. */
export function unitsFor({ interval = 0 }: Policy): readonly Unit[] {
  return inUnits(interval).unit === 'seconds' ? UNITS : UNITS.filter((unit) => unit !== 'seconds')
}

/** What stands in the form while a policy is written. */
export interface Draft {
  readonly doEarn: boolean
  readonly count: string
  readonly unit: Unit
  /** `YYYY-MM-DD` in UTC; empty where all time counts. */
  readonly from: string
  readonly cap: string
}

const FIRST_INTERVAL = { count: 1, unit: 'weeks' } as const

/** A length of time in the longest unit that it is a whole number of; odd lengths in broken seconds. */
export function inUnits(interval: number): { readonly count: number; readonly unit: Unit } {
  const unit = UNITS.find((one) => interval % UNIT_LENGTHS[one] === 0) ?? 'seconds'
  return { count: interval / UNIT_LENGTHS[unit], unit }
}

/** A policy as it stands in the form. */
export function draftOf({ interval, epoch, cap }: Policy): Draft {
  const { count, unit } = interval === undefined ? FIRST_INTERVAL : inUnits(interval)
  return {
    doEarn: interval !== undefined,
    count: String(count),
    unit,
    from: dayOf(epoch),
    cap: String(cap),
  }
}

/** The policy that a form asks for. What was not touched stays to the millisecond. */
export function policyOf({ doEarn, count, unit, from, cap }: Draft, before: Policy): Policy {
  const interval = Math.max(1, Math.round(Number(count) * UNIT_LENGTHS[unit]))
  const epoch = from === dayOf(before.epoch) ? before.epoch : new Date(from === '' ? 0 : from).toISOString()
  return { ...(doEarn && { interval }), epoch: epoch as DatetimeString, cap: Number(cap) }
}

function dayOf(epoch: string): string {
  return Date.parse(epoch) === 0 ? '' : epoch.slice(0, 10)
}
