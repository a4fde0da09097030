import type { DatetimeString } from '@atproto/lex-schema'
import type { Instant } from '../../invites/types.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The dates of so many days are kept. */
const KEPT = 1000
const dates = new Map<number, string>()

const numbersOf = (digits: number) =>
  Array.from({ length: 10 ** digits }, (_, number) => String(number).padStart(digits, '0'))
const TWO = numbersOf(2)
const THREE = numbersOf(3)

/**
 * An instant as lexicons have it, the same as of `toISOString`, which takes more than twice as long: an eighth of what an
 * answer with many codes cost to make. Telling the date is most of it, so that is done once for each day.
 *
 * @param instant a whole number of milliseconds
 * @throws {RangeError} for a day that no Date can tell
 */
export function datetime(instant: Instant): DatetimeString {
  const day = Math.floor(instant / DAY)
  const time = instant - day * DAY
  const hours = TWO[Math.floor(time / HOUR)]
  const minutes = TWO[Math.floor(time / MINUTE) % 60]
  const seconds = TWO[Math.floor(time / SECOND) % 60]
  return `${dates.get(day) ?? dateOf(day)}T${hours}:${minutes}:${seconds}.${THREE[time % SECOND]}Z` as DatetimeString
}

function dateOf(day: number): string {
  const [date = ''] = new Date(day * DAY).toISOString().split('T')
  if (dates.size === KEPT) dates.clear()
  dates.set(day, date)
  return date
}
