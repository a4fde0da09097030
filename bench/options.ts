import { parseArgs } from 'node:util'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The command line of the benchmark was not understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Options {
  /** Short runs, few of them. */
  readonly quick: boolean
  /** The names of the rows to measure. */
  readonly rows: readonly string[]
  /** Fails when a target is missed. */
  readonly strict: boolean
  /** Shows where the time goes instead. */
  readonly profile: boolean
  /** The folder of filled databases. */
  readonly data: string
  /** The folder of the results. */
  readonly out: string
  readonly help: boolean
}

/** A row as far as the command line has to know it. */
interface NamedRow {
  readonly name: string
  readonly title: string
  /** Which runs measure it: `whole` ones, or those in which it is `asked` for by name or a flag; left out: all. */
  readonly runs?: 'whole' | 'asked'
}

/** @throws {UsageError} with a sentence that says what is wrong */
export function parseOptions(args: readonly string[], rows: readonly NamedRow[]): Options {
  const { only = [], all, soak, ...values } = parse(args)
  const unknown = only.find((name) => !rows.some((row) => row.name === name))
  if (unknown !== undefined)
    throw new UsageError(`There is no row "${unknown}": ${rows.map(({ name }) => name).join(', ')}`)
  if (values.profile && (only.length > 0 || all || soak))
    throw new UsageError('--profile measures no rows, so that it goes with none of --only, --all and --soak')
  const usual = rows.filter(({ runs }) => all || runs === undefined || (runs === 'whole' && !values.quick))
  const wanted = only.length > 0 ? rows.filter(({ name }) => only.includes(name)) : usual
  const long = soak ? rows.filter((row) => row.runs === 'asked' && !wanted.includes(row)) : []
  return {
    quick: values.quick,
    strict: values.strict,
    profile: values.profile,
    help: values.help,
    rows: [...wanted, ...long].map(({ name }) => name),
    data: resolve(values.data ?? join(tmpdir(), 'latchkey-bench')),
    out: resolve(values.out ?? 'bench/results'),
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        soak: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        data: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

const ASIDE = { whole: ' (not in quick runs)', asked: ' (not by itself)' }

/** What `--help` says. */
export function usage(rows: readonly NamedRow[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const list = rows.map(
    ({ name, title, runs }) => `  ${name.padEnd(width)}  ${title}${runs ? ASIDE[runs] : ''}`,
  )
  return `Measures Latchkey beside the official PDS and beside the least that a server in Node does.

  npm run bench -- [options]

  --quick       short runs of the main sizes: under two minutes once the databases are filled
  --only ROW    one row; may be given several times
  --soak        the soak as well
  --all         everything, the soak included
  --strict      exit status 1 when a target is missed
  --profile     where the time goes instead: a profile of Latchkey under load, by part
  --data DIR    where filled databases are kept between runs (a folder in the system's one for temporary files)
  --out DIR     where the results go (bench/results)

Rows:
${list.join('\n')}
`
}
