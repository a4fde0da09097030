/** A PDS as a process of its own, so that it can be killed: `node pds-process.ts OPTIONS_AS_JSON`. */
import { type PdsOptions, startPds } from '../../src/dev/pds.ts'

const [options] = process.argv.slice(2)
if (options === undefined) throw new Error('the options are missing')
const pds = await startPds(JSON.parse(options) as PdsOptions)
process.stdout.write(`The PDS is listening at ${pds.url}\n`)
