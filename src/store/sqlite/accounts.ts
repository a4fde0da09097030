import type { InviteStore, MemberRecord, MemberSnapshot } from '../../invites/store.ts'
import type { AccountStatus } from '../../invites/types.ts'
import type { Connection } from './file/connection.ts'
import { auditor } from './rows/audit.ts'
import { type PolicyRow, toPolicy } from './rows/policy.ts'
import {
  ACCOUNT_COLUMNS,
  CODE_COLUMNS_WITH_USES,
  EARNER_CODE_COLUMNS,
  prepareRows,
  toAccount,
  toCodeWithUses,
  toEarnerCode,
  type AccountRow,
  type CodeRowWithUses,
  type EarnerCodeRow,
} from './rows/rows.ts'

type AccountMethods = Pick<
  InviteStore,
  'upsertAccount' | 'setInvitesDisabled' | 'memberSnapshot' | 'earnerSnapshot' | 'standing' | 'memberRecords'
>

type StandingRow = [version: number, status: AccountStatus, isConfirmed: 0 | 1]

/** Of a host, its policy and an account; what is not there has nothing but nulls. */
type EarnerRow = [
  earningSince: number | null,
  ...policy: PolicyRow,
  ...account:
    | [host: string, createdAt: number | null, invitesDisabled: 0 | 1, version: number]
    | [host: null, createdAt: null, invitesDisabled: null, version: null],
]

/** Accounts, and what is read of one with its codes. */
export function accountMethods({ db, read, readOne, write }: Connection): AccountMethods {
  const upsert = db.prepare(
    `INSERT INTO account (did, host, handle, created_at) VALUES ($did, $host, $handle, $createdAt)
     ON CONFLICT (did) DO UPDATE
       SET host = excluded.host,
           handle = coalesce(excluded.handle, account.handle),
           created_at = coalesce(excluded.created_at, account.created_at),
           version = account.version + 1
       WHERE account.host <> excluded.host
         OR account.handle IS NOT coalesce(excluded.handle, account.handle)
         OR account.created_at IS NOT coalesce(excluded.created_at, account.created_at)`,
  )
  const setInvitesDisabled = db.prepare(
    `INSERT INTO account (did, host, invites_disabled, invite_note) VALUES ($did, $host, $disabled, $note)
     ON CONFLICT (did) DO UPDATE
       SET invites_disabled = excluded.invites_disabled,
           invite_note = CASE WHEN $note IS NULL THEN account.invite_note ELSE nullif($note, '') END,
           invites_set_by_batch = NULL,
           version = account.version + (account.invites_disabled <> excluded.invites_disabled)`,
  )
  const account = prepareRows<AccountRow>(db, `SELECT ${ACCOUNT_COLUMNS} FROM account WHERE did = ?`)
  const codesOf = prepareRows<CodeRowWithUses>(
    db,
    `SELECT ${CODE_COLUMNS_WITH_USES} FROM invite_code WHERE for_account = ? ORDER BY created_at, code`,
  )
  const codeNamed = prepareRows<CodeRowWithUses>(
    db,
    `SELECT ${CODE_COLUMNS_WITH_USES} FROM invite_code WHERE code = ?`,
  )
  const earner = prepareRows<EarnerRow>(
    db,
    `SELECT earning_since, interval, epoch, cap, account.host, account.created_at, invites_disabled, version
     FROM (SELECT ? AS did, ? AS host) AS asked
       LEFT JOIN host ON host.hostname = asked.host
       LEFT JOIN policy ON policy.host = asked.host
       LEFT JOIN account ON account.did = asked.did`,
  )
  const earnerCodesOf = prepareRows<EarnerCodeRow>(
    db,
    `SELECT ${EARNER_CODE_COLUMNS} FROM invite_code WHERE for_account = ? ORDER BY created_at, code`,
  )
  const standing = prepareRows<StandingRow>(
    db,
    'SELECT version, status, status_seq > 0 FROM account WHERE did = ?',
  )
  const recordDeed = auditor(db)

  function snapshot(did: string): MemberSnapshot {
    const row = account.get(did)
    return { account: row && toAccount(row), codes: codesOf.all(did).map(toCodeWithUses) }
  }

  function record(did: string): MemberRecord {
    const member = snapshot(did)
    const code = member.account?.invitedByCode ?? null
    const inviter = code === null ? undefined : codeNamed.get(code)
    return { ...member, invitedBy: inviter && toCodeWithUses(inviter) }
  }

  return {
    upsertAccount: ({ did, host, handle = null, createdAt = null }) =>
      write(() => {
        upsert.run({ did, host, handle, createdAt })
      }),

    setInvitesDisabled: ({ did, host, disabled, note, deed }) =>
      write(() => {
        setInvitesDisabled.run({ did, host, disabled: disabled ? 1 : 0, note })
        recordDeed(deed, disabled ? 'disableInvites' : 'enableInvites', did)
      }),

    memberSnapshot: (did) => read(() => snapshot(did)),

    earnerSnapshot: (did, hostname) =>
      read(() => {
        const row = earner.get(did, hostname)
        if (row === undefined) throw new Error('a statement that always has a row had none')
        const [earningSince, interval, epoch, cap, host, createdAt, invitesDisabled, version] = row
        return {
          account:
            host === null ? undefined : { host, createdAt, invitesDisabled: invitesDisabled === 1, version },
          codes: earnerCodesOf.all(did).map((code) => toEarnerCode(did, code)),
          earningSince,
          policy: toPolicy([interval, epoch, cap]),
        }
      }),

    standing: (did) =>
      readOne(() => {
        const row = standing.get(did)
        return row && { version: row[0], status: row[1], isConfirmed: row[2] === 1 }
      }),

    memberRecords: (dids) => read(() => new Map([...new Set(dids)].map((did) => [did, record(did)]))),
  }
}
