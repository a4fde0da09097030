/**
 * Measures Latchkey beside the official PDS and beside a bare server, in one run: `npm run bench -- --help`. The tables go
 * to standard output and to a file, all figures as JSON beside it, and what is going on to standard error.
 */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from './bench.ts'
import type { DataSet } from './data/sets.ts'
import { Shelf } from './data/shelf.ts'
import { findLoad } from './load/load.ts'
import { describeMachine, findCores } from './machine.ts'
import { type Options, parseOptions, usage, UsageError } from './options.ts'
import { profile } from './profile/profile.ts'
import { type Facts, missed, type Report, type Section } from './report/model.ts'
import { markdown } from './report/table.ts'
import { ROWS } from './rows/rows.ts'
import { newSecrets } from './servers/pds.ts'
import { Processes } from './servers/processes.ts'
import { openWorld, type World } from './servers/world.ts'

const QUICK = { plan: { wanted: 2, most: 3 }, seconds: 1 }
const WHOLE = { plan: { wanted: 5, most: 10 }, seconds: 4 }

try {
  const options = parseOptions(process.argv.slice(2), ROWS)
  if (options.help) process.stdout.write(usage(ROWS))
  else process.exitCode = await run(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\nTry again with --help.\n`)
  process.exitCode = 2
}

/** @returns the exit status */
async function run(options: Options): Promise<number> {
  if (options.profile) {
    process.stdout.write(await withBench(options, profile))
    return 0
  }
  const report = await withBench(options, (bench, facts) => measure(options, bench, facts))
  const text = markdown(report)
  process.stdout.write(text)
  await mkdir(options.out, { recursive: true })
  const name = join(options.out, new Date().toISOString().replaceAll(/[:.]/g, '-'))
  await writeFile(`${name}.md`, text)
  await writeFile(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`)
  progress(`the tables are in ${name}.md, the figures in ${name}.json`)
  return options.strict && missed(report).length > 0 ? 1 : 0
}

async function measure(options: Options, bench: Bench, facts: Facts): Promise<Report> {
  const sections: Section[] = []
  for (const row of ROWS.filter(({ name }) => options.rows.includes(name)))
    sections.push(await row.measure(bench))
  const length = options.quick ? 'quick: short runs, few rounds' : 'whole'
  return { facts: { ...facts, run: length }, sections }
}

/** Does something with all that measuring takes, and ends it afterwards. */
async function withBench<T>(options: Options, work: (bench: Bench, facts: Facts) => Promise<T>): Promise<T> {
  const tool = findLoad()
  const cores = findCores()
  await mkdir(options.data, { recursive: true })
  await using open = new AsyncDisposableStack()
  const folder = await mkdtemp(join(options.data, 'run-'))
  open.defer(() => rm(folder, { recursive: true, force: true }))
  const processes = new Processes(cores, folder)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      processes.killAll()
      rmSync(folder, { recursive: true, force: true })
      process.exit(130)
    })
  }
  const shelf = new Shelf(options.data, processes, progress)
  const secrets = newSecrets()
  const worlds = new Map<string, Promise<World>>()

  function openOnce(set: DataSet): Promise<World> {
    progress(`starting the servers over ${set.name}`)
    const world = openWorld({ processes, shelf, secrets, folder }, set).then((opened) => open.use(opened))
    worlds.set(set.name, world)
    return world
  }

  const bench: Bench = {
    ...(options.quick ? QUICK : WHOLE),
    quick: options.quick,
    processes,
    shelf,
    load: tool.load,
    secrets,
    warmed: new Set(),
    folder,
    world: (set) => worlds.get(set.name) ?? openOnce(set),
    progress,
  }
  return await work(bench, describeMachine(cores, tool.name, options.data))
}

function progress(message: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${message}\n`)
}
