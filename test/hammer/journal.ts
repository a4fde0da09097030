import type { DatabaseSync } from 'node:sqlite'

/** What of a code its owner's answer, or what its owner earns, depends on. Times are milliseconds. */
export interface CodeRow {
  readonly code: string
  readonly owner: string
  readonly createdBy: string
  readonly ordinal: number | null
  readonly createdAt: number
  readonly available: number
  readonly reserved: number
  readonly disabledAt: number | null
  readonly expiresAt: number | null
  readonly switchedOffAt: number | null
  readonly firstMadeAt: number | null
  /** 1: it is of an operation that was made to fail, and must never be seen. */
  readonly refused: 0 | 1
}

export interface UseRow {
  readonly code: string
  readonly usedBy: string
  readonly usedAt: number
}

export interface AccountRow {
  readonly status: string
  readonly createdAt: number | null
  readonly invitesDisabled: 0 | 1
}

export interface PolicyRow {
  readonly interval: number | null
  readonly epoch: number
  readonly cap: number
}

/** One change that was committed. */
export type Entry = { readonly seq: number; readonly owner: string } & (
  | { readonly kind: 'code'; readonly row: CodeRow }
  | { readonly kind: 'use' | 'unuse'; readonly row: UseRow }
  | { readonly kind: 'account'; readonly row: AccountRow }
  | { readonly kind: 'policy'; readonly row: PolicyRow }
)

/** Notes, handles and DIDs that begin so make the operation that brings them fail in the database. */
export const REFUSED = 'refused'

/** SQL for a row of `invite_code` under the name given. */
export function codeJson(row: string): string {
  return `json_object('code', ${row}.code, 'owner', ${row}.for_account, 'createdBy', ${row}.created_by,
    'ordinal', ${row}.ordinal, 'createdAt', ${row}.created_at, 'available', ${row}.available,
    'reserved', ${row}.reserved, 'disabledAt', ${row}.disabled_at, 'expiresAt', ${row}.expires_at,
    'switchedOffAt', ${row}.switched_off_at, 'firstMadeAt', ${row}.first_made_at,
    'refused', coalesce(${row}.note LIKE '${REFUSED}%', 0) OR EXISTS
      (SELECT 1 FROM batch b WHERE b.id IN (${row}.disabled_by_batch, ${row}.enabled_by_batch) AND b.note LIKE '${REFUSED}%'))`
}

/** SQL for a row of `invite_use`. */
export function useJson(row: string): string {
  return `json_object('code', ${row}.code, 'usedBy', ${row}.used_by, 'usedAt', ${row}.used_at)`
}

/** SQL for a row of `account`. */
export function accountJson(row: string): string {
  return `json_object('status', ${row}.status, 'createdAt', ${row}.created_at,
    'invitesDisabled', ${row}.invites_disabled)`
}

const POLICY_JSON = `json_object('interval', NEW.interval, 'epoch', NEW.epoch, 'cap', NEW.cap)`

function note(kind: Entry['kind'], owner: string, row: string): string {
  return `BEGIN INSERT INTO hammer_journal (kind, owner, row) VALUES ('${kind}', ${owner}, ${row}); END`
}

const ownerOf = (row: string) => `(SELECT for_account FROM invite_code WHERE code = ${row}.code)`

const JOURNAL = `
  CREATE TABLE hammer_journal (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, row TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER hammer_code AFTER INSERT ON invite_code ${note('code', 'NEW.for_account', codeJson('NEW'))};
  CREATE TRIGGER hammer_code_changed
    AFTER UPDATE OF available, reserved, disabled_at, expires_at, switched_off_at, first_made_at, ordinal ON invite_code
    ${note('code', 'NEW.for_account', codeJson('NEW'))};
  CREATE TRIGGER hammer_use AFTER INSERT ON invite_use ${note('use', ownerOf('NEW'), useJson('NEW'))};
  CREATE TRIGGER hammer_use_taken_back AFTER DELETE ON invite_use ${note('unuse', ownerOf('OLD'), useJson('OLD'))};
  CREATE TRIGGER hammer_account AFTER INSERT ON account ${note('account', 'NEW.did', accountJson('NEW'))};
  CREATE TRIGGER hammer_account_changed AFTER UPDATE OF status, created_at, invites_disabled ON account
    WHEN ${accountJson('OLD')} <> ${accountJson('NEW')} ${note('account', 'NEW.did', accountJson('NEW'))};
  CREATE TRIGGER hammer_policy AFTER INSERT ON policy ${note('policy', 'NEW.host', POLICY_JSON)};
  CREATE TRIGGER hammer_policy_changed AFTER UPDATE ON policy ${note('policy', 'NEW.host', POLICY_JSON)};
`

/**
 * Operations fail when they have changed something: at the second code that a batch makes, at the last one that it
 * disables or enables, or at the account of who came in, when the use is counted already. One kind of failure ends the statement alone, the other the transaction, as a full
 * disk does, with whatever else is in it.
 */
const FAILURES = (['ABORT', 'ROLLBACK'] as const)
  .map((how) => {
    const fails = `BEGIN SELECT RAISE(${how}, 'the hammer refuses this'); END`
    const marked = `'${REFUSED} ${how}%'`
    return `
  CREATE TRIGGER hammer_refuse_code_${how} AFTER INSERT ON invite_code
    WHEN NEW.note LIKE ${marked} AND (SELECT count(*) FROM invite_code WHERE note = NEW.note) > 1 ${fails};
  CREATE TRIGGER hammer_refuse_switching_${how} AFTER UPDATE OF disabled_by_batch ON invite_code
    WHEN EXISTS (SELECT 1 FROM batch b
      WHERE b.id IN (NEW.disabled_by_batch, NEW.enabled_by_batch) AND b.note LIKE ${marked}
        AND b.codes = (SELECT count(*) FROM batch_code WHERE batch = b.id)) ${fails};
  CREATE TRIGGER hammer_refuse_arrival_${how} BEFORE INSERT ON account WHEN NEW.handle LIKE ${marked} ${fails};`
  })
  .join('')

/**
 * Lets the database itself write down every change in the transaction that makes it, by triggers of the hammer's.
 *
 * A trigger's row is committed or rolled back with the change it tells of, whatever the program that made it believes,
 * also within a SAVEPOINT. SQLite lets one transaction write at a time, so that `seq` is the order of the commits: who
 * reads `max(seq)` knows that exactly the changes up to it are committed.
 */
export function installJournal(db: DatabaseSync): void {
  db.exec(`BEGIN IMMEDIATE; ${JOURNAL} ${FAILURES} COMMIT`)
}
