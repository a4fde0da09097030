import { setTimeout as sleep } from 'node:timers/promises'

/** So many rows are written at once. */
const PART = 500

/** How long other writers have the database to themselves after each part, in milliseconds. */
const BREATH = 20

/** Hands over items in parts small enough for one transaction each, with time for others in between. */
export async function* inParts<T>(all: readonly T[]): AsyncGenerator<readonly T[], void> {
  for (let start = 0; start < all.length; start += PART) {
    if (start > 0) await sleep(BREATH)
    yield all.slice(start, start + PART)
  }
}
