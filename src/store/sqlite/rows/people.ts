import type { DatabaseSync } from 'node:sqlite'
import type { AccountStatus, Person } from '../../../invites/types.ts'
import { prepareRows } from './rows.ts'

type PersonRow = [did: string, handle: string | null, status: AccountStatus]

/** Reads the handle of the account that a column names by its DID; null where there is none. */
export function handleOf(column: string): string {
  return `(SELECT handle FROM account WHERE did = ${column})`
}

/**
 * Prepares what reads accounts as others may know them, by DID, all in one statement. Who has no row is taken for deleted
 * once all accounts of the host were listed, and for active before.
 */
export function peopleReader(
  db: DatabaseSync,
): (dids: Iterable<string>, host: string) => ReadonlyMap<string, Person> {
  const people = prepareRows<PersonRow>(
    db,
    `SELECT asked.value, account.handle,
            coalesce(account.status, (SELECT 'deleted' FROM host WHERE hostname = ? AND listed_at IS NOT NULL), 'active')
     FROM json_each(?) asked LEFT JOIN account ON account.did = asked.value`,
  )
  return (dids, host) => {
    const asked = [...new Set(dids)]
    if (asked.length === 0) return new Map()
    const rows = people.all(host, JSON.stringify(asked))
    return new Map(rows.map(([did, handle, status]) => [did, { did, handle, status }]))
  }
}
