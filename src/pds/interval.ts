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
 * @returns `unreadable` also for a file without any setting, which is no PDS's
 */
export async function pdsInterval(path: string): Promise<'set' | 'unset' | 'unreadable'> {
  try {
    const settings = parseEnv(await readFile(path, 'utf8'))
    if (Object.keys(settings).length === 0) return 'unreadable'
    const value = settings[VARIABLE]
    // The PDS reads it so, and passes over what is no number.
    return Number.isNaN(Number.parseInt(value ?? '', 10)) ? 'unset' : 'set'
  } catch {
    return 'unreadable'
  }
}

/**
 * Reads the PDS's settings every hour and warns once a day while it has an interval of its own, or while that can't be
 * told. Disposing of the result ends it.
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
  const warnings = {
    set: `the PDS still makes invite codes of its own: remove ${VARIABLE} from ${path} and restart the PDS`,
    unreadable: `${path} can't be read here or is empty, so that nobody warns when ${VARIABLE} is set in it: let Latchkey's user read the PDS's settings there, or unset LATCHKEY_PDS_ENV`,
  }
  const warnedAt = { set: Number.NEGATIVE_INFINITY, unreadable: Number.NEGATIVE_INFINITY }
  let wasSet = false

  function tell(found: 'set' | 'unset' | 'unreadable'): void {
    const at = now()
    if (found !== 'unset' && at - warnedAt[found] >= rhythm.remindAfter) {
      log.warn({}, warnings[found])
      warnedAt[found] = at
    }
    if (found === 'unset' && wasSet) log.info({}, `${VARIABLE} is gone from ${path}`)
    wasSet = found === 'set'
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
