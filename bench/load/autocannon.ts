import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'
import { com } from '../../src/lexicons/index.ts'
import { packageVersion } from '../machine.ts'
import type { LoadFigures, LoadPlan } from './load.ts'

export const AUTOCANNON = `autocannon ${packageVersion('autocannon')}, which tells latencies in whole milliseconds`

/** Puts a load on a server from this process, where there is no wrk. The members are dealt out among the connections. */
export async function loadByAutocannon(plan: LoadPlan): Promise<LoadFigures> {
  const { url, membersFile, connections, seconds, start = 0 } = plan
  const members = readFileSync(membersFile, 'utf8').trimEnd().split('\n')
  const inTurns = [...members.slice(start), ...members.slice(0, start)]
  let clients = 0
  const startedAt = performance.now()
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: 30,
    setupClient: (client) => {
      const first = clients++
      client.setRequests(
        inTurns
          .map((member, turn) => ({ member, turn }))
          .filter(({ turn }) => turn % connections === first)
          .map(({ member, turn }) => requestOf(plan, member, turn)),
      )
    },
  })
  const elapsed = (performance.now() - startedAt) / 1000
  const requests = result['2xx'] + result.non2xx
  return {
    requestsPerSecond: requests / elapsed,
    p50: result.latency.p50,
    p99: result.latency.p99,
    requests,
    failures: result.non2xx + result.errors + result.timeouts,
  }
}

/** The same as in requests.lua. @param member `did token` */
function requestOf({ path, changes }: LoadPlan, member: string, turn: number): autocannon.Request {
  const [did, token] = member.split(' ')
  if (changes === undefined || (turn + 1) % changes.every !== 0)
    return { method: 'GET', path, headers: { authorization: `Bearer ${token}` } }
  return {
    method: 'POST',
    path: `/xrpc/${com.atproto.server.createInviteCode.$nsid}`,
    headers: { authorization: changes.adminAuthorization, 'content-type': 'application/json' },
    body: JSON.stringify({ useCount: 1, forAccount: did }),
  }
}
