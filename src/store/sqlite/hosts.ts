import type { InviteStore } from '../../invites/store.ts'
import type { Policy } from '../../invites/types.ts'
import type { Connection } from './connection.ts'
import { prepareRows } from './rows.ts'

type HostMethods = Pick<InviteStore, 'openHost' | 'openEarning' | 'policy' | 'setPolicy'>

type HostRow = [hostname: string, did: string, earningSince: number | null]
type PolicyRow = [interval: number | null, epoch: number, cap: number]

/** What holds until an operator sets a policy. The cap is the reference PDS's. */
const NOBODY_EARNS: Policy = { interval: null, epoch: 0, cap: 5 }

/** Hosts and how their members earn. */
export function hostMethods({ db, read, write }: Connection): HostMethods {
  const insertHost = db.prepare(
    'INSERT INTO host (hostname, did) VALUES (?, ?) ON CONFLICT (hostname) DO NOTHING',
  )
  const host = prepareRows<HostRow>(db, 'SELECT hostname, did, earning_since FROM host WHERE hostname = ?')
  const openEarning = db.prepare(
    'UPDATE host SET earning_since = ? WHERE hostname = ? AND earning_since IS NULL',
  )
  const policy = prepareRows<PolicyRow>(db, 'SELECT interval, epoch, cap FROM policy WHERE host = ?')
  const replacePolicy = db.prepare(
    `INSERT INTO policy (host, interval, epoch, cap) VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE
       SET interval = excluded.interval, epoch = excluded.epoch, cap = excluded.cap`,
  )
  const growVersions = db.prepare('UPDATE account SET version = version + 1 WHERE host = ?')

  function policyOf(hostname: string): Policy {
    const row = policy.get(hostname)
    if (row === undefined) return NOBODY_EARNS
    const [interval, epoch, cap] = row
    return { interval, epoch, cap }
  }

  return {
    openHost: ({ hostname, did }) =>
      write(() => {
        insertHost.run(hostname, did)
        const row = host.get(hostname)
        if (row === undefined) throw new Error(`The host ${hostname} is missing right after its insertion`)
        return { hostname: row[0], did: row[1], earningSince: row[2] }
      }),

    openEarning: (hostname, at) =>
      write(() => {
        if (openEarning.run(at, hostname).changes === 1) growVersions.run(hostname)
      }),

    policy: (hostname) => read(() => policyOf(hostname)),

    setPolicy: (hostname, { interval, epoch, cap }) =>
      write(() => {
        const before = policyOf(hostname)
        replacePolicy.run(hostname, interval, epoch, cap)
        const differs = before.interval !== interval || before.epoch !== epoch || before.cap !== cap
        if (differs) growVersions.run(hostname)
      }),
  }
}
