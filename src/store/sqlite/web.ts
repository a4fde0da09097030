import type { AuditEvent } from '../../invites/audit.ts'
import type { AccountStatus } from '../../invites/types.ts'
import { MOST_PENDING, SESSIONS_PER_ACTOR, type WebStore } from '../../invites/web.ts'
import type { Connection } from './file/connection.ts'
import { auditor } from './rows/audit.ts'
import { prepareRows } from './rows/rows.ts'

type SessionRow = [actor: string, openedAt: number, endsAt: number, idleAt: number, status: AccountStatus]
type KeyRow = [id: string, jwk: string, madeAt: number]

/** What signing in to the pages keeps. */
export function webMethods({ db, read, write }: Connection): WebStore {
  const insertSession = db.prepare(
    `INSERT INTO web_session (hash, actor, opened_at, ends_at, idle_at)
     VALUES ($hash, $actor, $openedAt, $endsAt, $idleAt)`,
  )
  const forgetSessions = db.prepare('DELETE FROM web_session WHERE ends_at <= $now OR idle_at <= $now')
  const forgetOldest = db.prepare(
    `DELETE FROM web_session WHERE hash IN (
       SELECT hash FROM web_session WHERE actor = ? ORDER BY opened_at DESC, rowid DESC LIMIT -1 OFFSET ?)`,
  )
  const session = prepareRows<SessionRow>(
    db,
    `SELECT actor, opened_at, ends_at, idle_at, coalesce(account.status, 'active')
     FROM web_session LEFT JOIN account ON account.did = web_session.actor WHERE hash = ?`,
  )
  const extend = db.prepare('UPDATE web_session SET idle_at = max(idle_at, $idleAt) WHERE hash = $hash')
  const end = db.prepare('DELETE FROM web_session WHERE hash = ?')
  const endAll = db.prepare('DELETE FROM web_session WHERE actor = ?')
  const standing = prepareRows<[AccountStatus]>(db, 'SELECT status FROM account WHERE did = ?')
  const audit = auditor(db)

  const insertPending = db.prepare(
    'INSERT INTO web_sign_in (key, browser, value, ends_at) VALUES ($key, $browser, $value, $endsAt)',
  )
  const forgetPending = db.prepare('DELETE FROM web_sign_in WHERE ends_at <= ?')
  const forgetFirst = db.prepare(
    `DELETE FROM web_sign_in WHERE key IN (
       SELECT key FROM web_sign_in ORDER BY ends_at DESC, rowid DESC LIMIT -1 OFFSET ?)`,
  )
  const CAN_BE_TAKEN = 'key = $key AND browser = $browser AND ends_at > $now'
  const pending = prepareRows<[1]>(db, `SELECT 1 FROM web_sign_in WHERE ${CAN_BE_TAKEN}`)
  const take = prepareRows<[string]>(db, `DELETE FROM web_sign_in WHERE ${CAN_BE_TAKEN} RETURNING value`)

  const keys = prepareRows<KeyRow>(
    db,
    'SELECT id, jwk, made_at FROM web_key WHERE host = ? ORDER BY made_at, id',
  )
  const insertFirstKey = db.prepare(
    `INSERT INTO web_key (id, host, jwk, made_at)
     SELECT $id, $host, $jwk, $madeAt WHERE NOT EXISTS (SELECT 1 FROM web_key WHERE host = $host)`,
  )

  const secretOf = prepareRows<[string]>(db, 'SELECT secret FROM web_secret WHERE host = ?')
  const insertFirstSecret = db.prepare(
    'INSERT INTO web_secret (host, secret) VALUES ($host, $secret) ON CONFLICT (host) DO NOTHING',
  )

  function record(event: AuditEvent | undefined): void {
    if (event !== undefined) audit(event, event.action, event.subject, event.detail)
  }

  function keysOf(host: string) {
    return keys.all(host).map(([id, jwk, madeAt]) => ({ id, jwk, madeAt }))
  }

  return {
    openWebSession: ({ hash, actor, openedAt, endsAt, idleAt }, { replaces, event } = {}) =>
      write(() => {
        forgetSessions.run({ now: openedAt })
        if (replaces !== undefined) end.run(replaces)
        insertSession.run({ hash, actor, openedAt, endsAt, idleAt })
        forgetOldest.run(actor, SESSIONS_PER_ACTOR)
        record(event)
      }),

    webSession: (hash) =>
      read(() => {
        const row = session.get(hash)
        if (row === undefined) return undefined
        const [actor, openedAt, endsAt, idleAt, status] = row
        return { actor, openedAt, endsAt, idleAt, status }
      }),

    extendWebSession: (hash, idleAt) => write(() => void extend.run({ hash, idleAt })),

    endWebSession: (hash, event) =>
      write(() => {
        if (end.run(hash).changes === 1) record(event)
      }),

    endWebSessions: (actor, event) =>
      write(() => {
        const ended = Number(endAll.run(actor).changes)
        if (ended > 0) record(event)
        return ended
      }),

    webStanding: (actor) => read(() => standing.get(actor)?.[0] ?? 'active'),

    keepPendingSignIn: ({ key, browser, value, endsAt }, now) =>
      write(() => {
        forgetPending.run(now)
        insertPending.run({ key, browser, value, endsAt })
        forgetFirst.run(MOST_PENDING)
      }),

    takePendingSignIn: async (key, browser, now) => {
      // Whoever makes keys up must not get at the write lock.
      if (await read(() => pending.get({ key, browser, now }) === undefined)) return undefined
      return write(() => take.get({ key, browser, now })?.[0])
    },

    webKeys: (host) => read(() => keysOf(host)),

    keepFirstWebKey: (host, { id, jwk, madeAt }) =>
      write(() => {
        insertFirstKey.run({ id, host, jwk, madeAt })
        return keysOf(host)
      }),

    keepFirstWebSecret: async (host, secret) => {
      const known = await read(() => secretOf.get(host)?.[0])
      if (known !== undefined) return known
      return write(() => {
        insertFirstSecret.run({ host, secret })
        return secretOf.get(host)?.[0] ?? secret
      })
    },
  }
}
