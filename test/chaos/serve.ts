/** Latchkey as `latchkey serve` runs it, told by the same variables: `node serve.ts TIMINGS_AS_JSON`. */
import { pino } from 'pino'
import { openApp } from '../../src/app.ts'
import { aborted, untilAskedToEnd } from '../../src/cli/signals.ts'
import { readConfig } from '../../src/config.ts'
import type { GateTimings } from '../../src/gate/timings.ts'

const [timings] = process.argv.slice(2)
if (timings === undefined) throw new Error('the timings are missing')
const end = untilAskedToEnd()
const config = readConfig({})
const log = pino({ level: config.logLevel })
await using app = await openApp(config, log, JSON.parse(timings) as Partial<GateTimings>)
log.info({ port: app.port }, 'Latchkey is listening')
await aborted(end)
