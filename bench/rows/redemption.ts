import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench, Row } from '../bench.ts'
import { codes } from '../data/sets.ts'
import { atLeast, type Line, timesAsMuch } from '../report/model.ts'
import type { RedeemerOptions } from '../servers/redeemer-process.ts'
import { sideBySide } from './side-by-side.ts'

const PROGRAM = fileURLToPath(new URL('../servers/redeemer-process.ts', import.meta.url))
const SETS = { quick: codes(100_000), whole: codes(1_000_000) }
const MEMBERS = { quick: 20_000, whole: 200_000 }
const SECONDS = { quick: 1, whole: 2 }
const AIM = atLeast(3)
const run = promisify(execFile)

export const redemption: Row = {
  name: 'redemption',
  title: 'Redemption on the store, each of its three steps on disk before the next',
  async measure(bench) {
    const lines: Line[] = []
    for (const writers of bench.quick ? [16] : [1, 16, 64]) {
      bench.progress(`redemption: ${writers} at once`)
      lines.push(await compareCommits(bench, writers))
    }
    const columns = { latchkey: 'one commit per turn of the event loop', pds: 'one commit each' }
    return { name: redemption.name, title: redemption.title, columns, lines, notes: [] }
  },
}

async function compareCommits(bench: Bench, writers: number): Promise<Line> {
  const folder = await mkdtemp(join(bench.folder, 'redemption-'))
  const path = await bench.shelf.takeLatchkey(bench.quick ? SETS.quick : SETS.whole, folder)
  let start = 0
  const redeems = (operationsPerCommit?: number) => async () => {
    const { perSecond, redeemed } = await redeem(bench, {
      path,
      writers,
      seconds: bench.quick ? SECONDS.quick : SECONDS.whole,
      start,
      members: bench.quick ? MEMBERS.quick : MEMBERS.whole,
      ...(operationsPerCommit !== undefined && { operationsPerCommit }),
    })
    start += redeemed
    return perSecond
  }
  const aim = writers === 1 ? undefined : AIM
  const line = await sideBySide(bench, {
    what: `${writers} writer${writers === 1 ? '' : 's'}`,
    unit: 'redemptions/s',
    latchkey: redeems(),
    pds: redeems(1),
    results: (together, apart) => timesAsMuch(together, apart, '× one commit each', aim),
  })
  await rm(folder, { recursive: true })
  return line
}

async function redeem({ processes }: Pick<Bench, 'processes'>, options: RedeemerOptions) {
  const { program, args } = processes.onServerCore(process.execPath, [PROGRAM, JSON.stringify(options)])
  const { stdout } = await run(program, args)
  return JSON.parse(stdout) as { readonly perSecond: number; readonly redeemed: number }
}
