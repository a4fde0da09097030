import {
  codeToSwitchOff,
  type Giving,
  type GivingStore,
  replacementOf,
  type SwitchOff,
  type SwitchOffOutcome,
} from '../../invites/giving.ts'
import { ADMIN, type Person } from '../../invites/types.ts'
import type { Connection } from './file/connection.ts'
import { isKeyCollision } from './file/errors.ts'
import { auditor } from './rows/audit.ts'
import { peopleReader } from './rows/people.ts'
import { CODE_COLUMNS_WITH_USES, type CodeRowWithUses, prepareRows, toCodeWithUses } from './rows/rows.ts'
import { versionGrower } from './rows/versions.ts'

/** Members and their own codes. */
export function givingMethods({ db, read, write }: Connection): GivingStore {
  const codesOf = prepareRows<CodeRowWithUses>(
    db,
    `SELECT ${CODE_COLUMNS_WITH_USES} FROM invite_code WHERE for_account = ? ORDER BY created_at DESC, code DESC`,
  )
  const labelsOf = prepareRows<[code: string, label: string]>(
    db,
    'SELECT code, label FROM invite_code WHERE for_account = ? AND label IS NOT NULL',
  )
  const inviterOf = prepareRows<[did: string]>(
    db,
    `SELECT for_account FROM account JOIN invite_code ON code = invited_by_code
     WHERE did = ? AND for_account <> '${ADMIN}'`,
  )
  const setLabel = db.prepare(
    'UPDATE invite_code SET label = $label WHERE code = $code AND for_account = $owner',
  )
  const invitesDisabled = prepareRows<[0 | 1]>(db, 'SELECT invites_disabled FROM account WHERE did = ?')
  const disable = db.prepare(
    `UPDATE invite_code SET disabled_at = $at, disabled_by_batch = NULL, switched_off_at = $at
     WHERE code = $code AND for_account = $owner AND host = $host
       AND disabled_at IS NULL AND used < available AND (expires_at IS NULL OR expires_at > $at)
       AND (upstream IS NULL OR upstream = 'ours')`,
  )
  const replace = db.prepare(
    `INSERT INTO invite_code (code, host, for_account, created_by, ordinal, created_at, available, expires_at, note,
       restricted_to, first_made_at)
     SELECT $replacement, host, for_account, created_by,
       iif(ordinal IS NULL, NULL, (SELECT max(ordinal) + 1 FROM invite_code WHERE for_account = $owner)),
       $at, $available, expires_at, note, restricted_to, $firstMadeAt
     FROM invite_code WHERE code = $code`,
  )
  const peopleOf = peopleReader(db)
  const record = auditor(db)
  const growVersions = versionGrower(db)

  function personOf(did: string, host: string): Person {
    const person = peopleOf([did], host).get(did)
    if (person === undefined) throw new Error('one person was asked for and none was read')
    return person
  }

  function giving(did: string, host: string): Giving {
    const labels = new Map(labelsOf.all(did))
    const codes = codesOf
      .all(did)
      .map(toCodeWithUses)
      .map((code) => ({ ...code, label: labels.get(code.code) ?? null }))
    const people = peopleOf(
      codes.flatMap(({ uses }) => uses.map(({ usedBy }) => usedBy)),
      host,
    )
    const [inviter] = inviterOf.get(did) ?? []
    return { codes, people, invitedBy: inviter === undefined ? null : personOf(inviter, host) }
  }

  function switchOff({ code: name, host, replacement, cap, deed }: SwitchOff): SwitchOffOutcome {
    const { actor: owner, at } = deed
    const codes = codesOf.all(owner).map(toCodeWithUses)
    const code = codeToSwitchOff(name, codes, at)
    if (typeof code === 'string') return code
    if (disable.run({ code: name, owner, host, at }).changes !== 1) return 'unknown'
    const [isDisabled = 0] = invitesDisabled.get(owner) ?? []
    const made = replacementOf(code, { codes, invitesDisabled: isDisabled === 1, cap }, at)
    if (made !== null) replace.run({ replacement, owner, code: name, at, ...made })
    const replacedBy = made === null ? null : replacement
    record(deed, 'switchOffCode', name, { replacement: replacedBy })
    growVersions([{ did: owner, host }])
    return { replacement: replacedBy }
  }

  return {
    giving: (did, host) => read(() => giving(did, host)),

    person: (did, host) => read(() => personOf(did, host)),

    labelCode: ({ code, owner, label }) => write(() => setLabel.run({ code, owner, label }).changes === 1),

    switchOff: async (wanted) => {
      try {
        return await write(() => switchOff(wanted))
      } catch (error) {
        if (isKeyCollision(error, 'invite_code')) return 'collision'
        throw error
      }
    },
  }
}
