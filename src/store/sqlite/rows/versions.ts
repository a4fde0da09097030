import type { DatabaseSync } from 'node:sqlite'
import { ADMIN } from '../../../invites/types.ts'

/** Who owns a code, and the host that an owner not seen yet is taken to live on. */
export interface Owner {
  readonly did: string
  readonly host: string
}

/**
 * Prepares what grows the versions of owners, once each. An owner not seen yet gets a row, so that the change is
 * counted; the operator has no account and no version.
 */
export function versionGrower(db: DatabaseSync): (owners: readonly Owner[]) => void {
  const grow = db.prepare(
    `INSERT INTO account (did, host) VALUES (?, ?) ON CONFLICT (did) DO UPDATE SET version = version + 1`,
  )
  return (owners) => {
    const hosts = new Map(owners.map(({ did, host }) => [did, host]))
    hosts.delete(ADMIN)
    for (const [did, host] of [...hosts].toSorted(([a], [b]) => (a < b ? -1 : 1))) grow.run(did, host)
  }
}
