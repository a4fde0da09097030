import type { FastifyInstance } from 'fastify'

/** What has to work for Latchkey to be of use. Each rejects or resolves to false when it does not. */
export interface HealthChecks {
  readonly database: () => Promise<void>
  readonly pds: () => Promise<boolean>
  /** How the firehose is followed. It changes nothing of use: codes and doors do without it. */
  readonly firehose: () => FirehoseHealth
  /** What tells its database from others for the same host. */
  readonly installation: string
}

/** `behind`: connected, and what happened before is not worked in yet. */
export type FirehoseHealth = 'ok' | 'behind' | 'not connected'

/** Puts what is known of the firehose in a word. */
export function firehoseHealth(feed: {
  readonly connected: boolean
  readonly isCaughtUp: boolean
}): FirehoseHealth {
  if (!feed.connected) return 'not connected'
  return feed.isCaughtUp ? 'ok' : 'behind'
}

/** For a supervisor: the process answers, and says from which database it serves. */
export const LIVE_PATH = '/_latchkey/live'

/** For a load balancer and for people: the database and the PDS answer as well. */
export const READY_PATH = '/_latchkey/ready'

/** Mounts both. `ready` names what is wrong and is 503 while database or PDS are. */
export function registerHealth(app: FastifyInstance, checks: HealthChecks): void {
  app.get(LIVE_PATH, async () => ({ status: 'live', installation: checks.installation }))
  app.get(READY_PATH, async (request, reply) => {
    const [database, pds] = await Promise.all([
      checks.database().then(
        () => true,
        (error: unknown) => {
          request.log.error({ id: request.id, err: error }, 'the database does not answer')
          return false
        },
      ),
      checks.pds(),
    ])
    const ready = database && pds
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : 'not ready',
      database: database ? 'ok' : 'unavailable',
      pds: pds ? 'ok' : 'unreachable',
      firehose: checks.firehose(),
    })
  })
}
