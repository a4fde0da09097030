import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { makeDeed, SETTINGS_ACTOR } from '../invites/audit.ts'
import { type InviteStore, StoreBusyError, StoreUnavailableError } from '../invites/store.ts'
import type { Duration } from '../invites/types.ts'
import { PdsRefusedError, PdsUnreachableError } from '../pds/answer.ts'
import type { PdsClient } from '../pds/client.ts'

/** What a start writes, and with what. */
export interface FirstWrites {
  readonly store: InviteStore
  readonly pds: Pick<PdsClient, 'hasInviteCodes' | 'clock'>
  readonly hostname: string
  readonly config: Pick<Config, 'policy' | 'fresh'>
  /** Whether nothing is known to be wrong with the PDS. */
  readonly isSound: () => boolean
  readonly log: Logger
}

/** @returns false when it has to wait */
type Write = (ports: FirstWrites) => Promise<boolean>

const TRY_EVERY: Duration = 1000

/**
 * Puts what the settings say of the policy into the database, and opens earning. What can't be written yet, because the
 * database is full or the PDS away, is tried again until it is.
 *
 * @returns when all of it was tried once; disposal ends the trying
 */
export async function startFirstWrites(ports: FirstWrites): Promise<AsyncDisposable> {
  const { log } = ports
  const ending = new AbortController()
  let left = await round([applyPolicy, openEarning], (error) => {
    if (!isPassing(error)) throw error
    log.error({ err: error }, 'settings could not be written into the database yet, trying again')
  })
  const trying = tryAgain()

  async function round(writes: readonly Write[], onError: (error: unknown) => void) {
    const waiting: Write[] = []
    for (const write of writes) {
      const done = await write(ports).catch((error: unknown) => {
        onError(error)
        return false
      })
      if (!done) waiting.push(write)
    }
    return waiting
  }

  async function tryAgain(): Promise<void> {
    while (left.length > 0) {
      await sleep(TRY_EVERY, undefined, { signal: ending.signal }).catch(() => undefined)
      if (ending.signal.aborted) return
      left = await round(left, (error) => {
        log[isPassing(error) ? 'debug' : 'error']({ err: error }, 'settings still wait to be written')
      })
    }
  }

  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await trying
    },
  }
}

/** Writes only what differs. */
async function applyPolicy({ store, hostname, config, log }: FirstWrites): Promise<boolean> {
  const before = await store.policy(hostname)
  const { interval = before.interval, epoch = before.epoch, cap = before.cap } = config.policy
  if (interval === before.interval && epoch === before.epoch && cap === before.cap) return true
  const deed = makeDeed(SETTINGS_ACTOR, { now: Date.now, random: randomBytes })
  await store.setPolicy(hostname, { interval, epoch, cap }, deed)
  log.info({ interval, epoch, cap }, 'the policy is that of the settings')
  return true
}

/** Lets members earn, unless the PDS has codes that would have to count. */
async function openEarning({ store, pds, hostname, config, isSound, log }: FirstWrites): Promise<boolean> {
  const host = await store.host(hostname)
  if (host === undefined) throw new Error(`The host ${hostname} is unknown: it was never opened`)
  if (host.earningSince !== null) return true
  if (!isSound()) return false
  // Read first: what the PDS makes from then on is adopted.
  const at = await pds.clock()
  if (!config.fresh && (await pds.hasInviteCodes())) {
    log.warn(
      'the PDS has invite codes that Latchkey does not know, so members earn none yet: run `latchkey import`, or set LATCHKEY_FRESH=true to leave them out',
    )
    return true
  }
  await store.openEarning(hostname, at)
  log.info('members can earn codes')
  return true
}

function isPassing(error: unknown): boolean {
  return [StoreBusyError, StoreUnavailableError, PdsUnreachableError, PdsRefusedError].some(
    (kind) => error instanceof kind,
  )
}
