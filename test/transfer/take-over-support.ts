import { expect } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { DOORS, signUp, somebody } from '../chaos/people.ts'
import type { Installation } from './installation.ts'

/** A take-over on a busy machine, in milliseconds. */
export const PATIENCE = 90_000

/** Several people come in with one code of the PDS's, at once, by all doors. */
export function comeIn({ url }: Pick<Installation, 'url'>, code: string, count = 1) {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      signUp(url, somebody(DOORS[index % DOORS.length] ?? 'createAccount', code)),
    ),
  )
}

export async function expectIn(coming: ReturnType<typeof comeIn>): Promise<void> {
  for (const heard of await coming) expect(heard?.status, JSON.stringify(heard?.body)).toBe(200)
}

/** Whether a take-over came to its end. */
export async function isEarning({ databasePath }: Pick<Installation, 'databasePath'>): Promise<boolean> {
  await using store = await openSqliteStore({ path: databasePath })
  return (await store.host('localhost'))?.earningSince !== null
}
