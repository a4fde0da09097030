import type { InviteStore } from '../../invites/store.ts'
import type { Host } from '../../invites/types.ts'
import type { Connection } from './file/connection.ts'
import { auditor } from './rows/audit.ts'
import { policyReader } from './rows/policy.ts'
import { prepareRows } from './rows/rows.ts'

type HostMethods = Pick<
  InviteStore,
  | 'openHost'
  | 'host'
  | 'setEjected'
  | 'openEarning'
  | 'policy'
  | 'setPolicy'
  | 'sweptUntil'
  | 'setSweptUntil'
  | 'pause'
  | 'setPause'
>

type HostRow = [
  hostname: string,
  did: string,
  earningSince: number | null,
  installation: string,
  ejectedAt: number | null,
]
type PauseRow = [since: number, exceptMigrations: 0 | 1, message: string | null]

/** Hosts, how their members earn, and whether their doors are open. */
export function hostMethods({ db, read, write }: Connection): HostMethods {
  const insertHost = db.prepare(
    `INSERT INTO host (hostname, did, installation) VALUES (?, ?, lower(hex(randomblob(16))))
     ON CONFLICT (hostname) DO NOTHING`,
  )
  const host = prepareRows<HostRow>(
    db,
    'SELECT hostname, did, earning_since, installation, ejected_at FROM host WHERE hostname = ?',
  )
  const setEjected = db.prepare('UPDATE host SET ejected_at = ? WHERE hostname = ?')
  const openEarning = db.prepare(
    'UPDATE host SET earning_since = ? WHERE hostname = ? AND earning_since IS NULL',
  )
  const policyOf = policyReader(db)
  const replacePolicy = db.prepare(
    `INSERT INTO policy (host, interval, epoch, cap) VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE
       SET interval = excluded.interval, epoch = excluded.epoch, cap = excluded.cap`,
  )
  const sweptUntil = prepareRows<[number | null]>(db, 'SELECT swept_until FROM host WHERE hostname = ?')
  const setSweptUntil = db.prepare('UPDATE host SET swept_until = ? WHERE hostname = ?')
  const pause = prepareRows<PauseRow>(
    db,
    `SELECT paused_at, pause_excepts_migrations, pause_message FROM host
     WHERE hostname = ? AND paused_at IS NOT NULL`,
  )
  const setPause = db.prepare(
    `UPDATE host SET paused_at = ?, pause_excepts_migrations = ?, pause_message = ? WHERE hostname = ?`,
  )
  const growVersions = db.prepare('UPDATE account SET version = version + 1 WHERE host = ?')
  const record = auditor(db)

  function hostOf(hostname: string): Host | undefined {
    const row = host.get(hostname)
    if (row === undefined) return undefined
    const [, did, earningSince, installation, ejectedAt] = row
    return { hostname, did, earningSince, installation, ejectedAt }
  }

  return {
    openHost: ({ hostname, did }) =>
      write(() => {
        insertHost.run(hostname, did)
        const opened = hostOf(hostname)
        if (opened === undefined) throw new Error(`The host ${hostname} is missing right after its insertion`)
        return opened
      }),

    host: (hostname) => read(() => hostOf(hostname)),

    setEjected: (hostname, at, deed) =>
      write(() => {
        requireHost(hostname, setEjected.run(at, hostname).changes)
        if (at === null) record(deed, 'withdrawEject', hostname)
        else record(deed, 'eject', hostname, { finished: false })
      }),

    openEarning: (hostname, at) =>
      write(() => {
        if (openEarning.run(at, hostname).changes === 1) growVersions.run(hostname)
      }),

    policy: (hostname) => read(() => policyOf(hostname)),

    setPolicy: (hostname, { interval, epoch, cap }, deed) =>
      write(() => {
        const before = policyOf(hostname)
        replacePolicy.run(hostname, interval, epoch, cap)
        const differs = before.interval !== interval || before.epoch !== epoch || before.cap !== cap
        if (differs) growVersions.run(hostname)
        if (differs) record(deed, 'setPolicy', hostname, { before, after: { interval, epoch, cap } })
      }),

    sweptUntil: (hostname) => read(() => sweptUntil.get(hostname)?.[0] ?? null),

    setSweptUntil: (hostname, until) =>
      write(() => requireHost(hostname, setSweptUntil.run(until, hostname).changes)),

    pause: (hostname) =>
      read(() => {
        const row = pause.get(hostname)
        return row && { since: row[0], exceptMigrations: row[1] === 1, message: row[2] }
      }),

    setPause: (hostname, wanted, deed) =>
      write(() => {
        const { since = null, exceptMigrations = false, message = null } = wanted ?? {}
        requireHost(hostname, setPause.run(since, exceptMigrations ? 1 : 0, message, hostname).changes)
        if (wanted === undefined) record(deed, 'resumeSignUps', hostname)
        else record(deed, 'pauseSignUps', hostname, { exceptMigrations, message })
      }),
  }
}

function requireHost(hostname: string, changes: number | bigint): void {
  if (changes !== 1) throw new Error(`The host ${hostname} is unknown: it was never opened`)
}
