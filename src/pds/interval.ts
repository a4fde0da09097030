import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseEnv } from 'node:util'
import type { Duration, Instant } from '../invites/types.ts'

/** The setting by which a PDS lets its members earn codes of its own. */
const VARIABLE = 'PDS_INVITE_INTERVAL'

/** What is written to the log; pino's methods fit. */
interface IntervalLog {
  readonly info: (details: object, message: string) => void
  readonly warn: (details: object, message: string) => void
}

/** How often the file is read, and how long after one warning the next one comes. */
const RHYTHM = { every: 3_600_000, remindAfter: 86_400_000 }

/**
 * Whether a PDS has an interval of its own, so that a member who reaches it past Latchkey gets codes there.
 *
 * @param path its `pds.env`; a container's often can't be read from outside
 */
export async function pdsInterval(path: string): Promise<'set' | 'unset' | 'unreadable'> {
  try {
    const value = parseEnv(await readFile(path, 'utf8'))[VARIABLE]
    // The PDS reads it so, and passes over what is no number.
    return Number.isNaN(Number.parseInt(value ?? '', 10)) ? 'unset' : 'set'
  } catch {
    return 'unreadable'
  }
}

/**
 * Reads the PDS's settings every hour and warns once a day while it has an interval of its own. Disposing of the result
 * ends it.
 *
 * @param options.path its `pds.env`
 */
export function watchInterval(options: {
  readonly path: string
  readonly now: () => Instant
  readonly log: IntervalLog
  readonly rhythm?: { readonly every: Duration; readonly remindAfter: Duration }
}): AsyncDisposable {
  const { path, now, log, rhythm = RHYTHM } = options
  const ending = new AbortController()
  let before: 'set' | 'unset' | 'unreadable' = 'unset'
  let warnedAt = Number.NEGATIVE_INFINITY

  function tell(found: typeof before): void {
    const at = now()
    if (found === 'set' && at - warnedAt >= rhythm.remindAfter) {
      log.warn(
        {},
        `the PDS still makes invite codes of its own: remove ${VARIABLE} from ${path} and restart the PDS`,
      )
      warnedAt = at
    }
    if (found === 'unreadable' && before !== found)
      log.info({}, `${path} can't be read here, so that nobody warns when ${VARIABLE} is set in it`)
    if (found === 'unset' && before === 'set') log.info({}, `${VARIABLE} is gone from ${path}`)
    before = found
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      tell(await pdsInterval(path))
      await sleep(rhythm.every, undefined, { signal: ending.signal }).catch(() => {})
    }
  }

  const watching = watch()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await watching
    },
  }
}
