import { setTimeout as sleep } from 'node:timers/promises'
import { reachedAt } from './address.ts'
import { failed, type Outcome, type Outcomes, PASSED, reasonOf, skipped } from './checks.ts'
import type { Patient } from './patient.ts'

/** The database and the PDS are asked for the answer; the latter may take five seconds. */
const PATIENCE = 10_000

/** A PDS that was just restarted is followed again after so long at the most. */
const RECONNECTING = 15_000
const ASK_EVERY = 500

/** Asks the running Latchkey, on the port that it listens on, how it is. */
export async function examineLatchkey({ config }: Patient): Promise<Outcomes<'latchkey' | 'firehose'>> {
  const url = `http://${reachedAt(config.bind)}:${config.port}/_latchkey/ready`
  const silent = skipped('Latchkey does not say')
  if (config.port === 0)
    return { latchkey: skipped('LATCHKEY_PORT is 0, so that its port is not known'), firehose: silent }
  try {
    const { database, firehose } = await askUntilFollowing(url)
    if (database === 'ok') return { latchkey: PASSED, firehose: examineFirehose(url, firehose) }
    const saw =
      typeof database === 'string' ? `its database is ${database}` : 'another program than Latchkey answers'
    return { latchkey: failed(url, saw), firehose: silent }
  } catch (error) {
    return { latchkey: failed(url, reasonOf(error)), firehose: silent }
  }
}

async function askUntilFollowing(url: string): Promise<Readonly<Record<string, unknown>>> {
  const deadline = performance.now() + RECONNECTING
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: 'manual' })
    const told = asObject(await answer.json())
    const isComing = told['firehose'] === 'behind' || told['firehose'] === 'not connected'
    if (!isComing || told['pds'] !== 'ok' || performance.now() > deadline) return told
    await sleep(ASK_EVERY)
  }
}

function examineFirehose(url: string, firehose: unknown): Outcome {
  if (firehose === 'ok') return PASSED
  if (firehose === 'behind') return failed(url, 'the firehose is connected, and events are not worked in yet')
  if (firehose === 'not connected') return failed(url, 'the firehose is not connected')
  return skipped('the running Latchkey is older than this one and does not say')
}

function asObject(told: unknown): Readonly<Record<string, unknown>> {
  return typeof told === 'object' && told !== null ? (told as Record<string, unknown>) : {}
}
