import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { type Logger, pino } from 'pino'
import { type App, openApp } from '../../app.ts'
import type { Config } from '../../config.ts'
import { withSettings } from '../settings.ts'
import { aborted, untilAskedToEnd } from '../signals.ts'

/** `latchkey serve`: Latchkey in front of a PDS given by settings, until a signal ends it. */
export function serveCommand(): Command {
  const command = new Command('serve').description(
    'Stand in front of a PDS. Every setting is a variable or a flag; flags win.',
  )
  return withSettings(command, serve)
}

/**
 * Switches off V8's collection for idle processes, after which ready answers cost a seventh more for as long as was looked
 * (docs/decisions/0017-no-collection-for-being-idle.md). A Node that does not know the flag says so and goes on.
 */
export const NO_IDLE_COLLECTION = '--memory-reducer-gc-count=0'

async function serve(config: Config): Promise<void> {
  setFlagsFromString(NO_IDLE_COLLECTION)
  const end = untilAskedToEnd()
  const log = pino({ level: config.logLevel })
  await using app = await openUnlessEnded(config, log, end)
  if (app === null) return log.info('ended before the start was complete')
  const { hostname, did } = app.host
  log.info({ port: app.port, bind: config.bind, host: hostname, did }, 'Latchkey is listening')
  await aborted(end)
  log.info('ending: requests in flight may finish')
}

/** @returns null when it was asked to end while it waited for the PDS or the database */
async function openUnlessEnded(config: Config, log: Logger, end: AbortSignal): Promise<App | null> {
  try {
    return await openApp(config, log, {}, end)
  } catch (error) {
    if (end.aborted) return null
    throw error
  }
}
