import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Bench, compare, noteOn, type Row } from '../bench.ts'
import { codes } from '../data/sets.ts'
import { spreadOf } from '../measure/statistics.ts'
import { atLeast, type Line, timesAsMuch } from '../report/model.ts'
import type { RedeemerOptions } from '../servers/redeemer-process.ts'

const PROGRAM = fileURLToPath(new URL('../servers/redeemer-process.ts', import.meta.url))
const SETS = { quick: codes(100_000), whole: codes(1_000_000) }
const MEMBERS = { quick: 20_000, whole: 200_000 }
const SECONDS = 2
const AIM = atLeast(3)
const run = promisify(execFile)

export const redemption: Row = {
  name: 'redemption',
  title: 'Redemption on the store, each of its three steps on disk before the next',
  async measure(bench) {
    const lines: Line[] = []
    const notes: string[] = []
    for (const writers of [1, 16, 64]) {
      const what = `${writers} writer${writers === 1 ? '' : 's'}`
      bench.progress(`redemption: ${what}`)
      const rounds = await compareCommits(bench, writers)
      const sides = { latchkey: spreadOf(rounds.figures.together), pds: spreadOf(rounds.figures.apart) }
      const aim = writers === 1 ? undefined : AIM
      const results = timesAsMuch(sides.latchkey, sides.pds, '× one commit each', aim)
      lines.push({ what, unit: 'redemptions/s', sides, results })
      notes.push(...noteOn(what, rounds))
    }
    const columns = { latchkey: 'one commit per turn of the event loop', pds: 'one commit each' }
    return { name: redemption.name, title: redemption.title, columns, lines, notes }
  },
}

async function compareCommits(bench: Bench, writers: number) {
  const folder = await mkdtemp(join(bench.folder, 'redemption-'))
  const path = await bench.shelf.takeLatchkey(bench.quick ? SETS.quick : SETS.whole, folder)
  let start = 0
  const redeems = (operationsPerCommit?: number) => async () => {
    const { perSecond, redeemed } = await redeem(bench, {
      path,
      writers,
      seconds: SECONDS,
      start,
      members: bench.quick ? MEMBERS.quick : MEMBERS.whole,
      ...(operationsPerCommit !== undefined && { operationsPerCommit }),
    })
    start += redeemed
    return perSecond
  }
  const rounds = await compare(bench, { together: redeems(), apart: redeems(1) }, (perSecond) => perSecond)
  await rm(folder, { recursive: true })
  return rounds
}

async function redeem({ processes }: Pick<Bench, 'processes'>, options: RedeemerOptions) {
  const { program, args } = processes.onServerCore(process.execPath, [PROGRAM, JSON.stringify(options)])
  const { stdout } = await run(program, args)
  return JSON.parse(stdout) as { readonly perSecond: number; readonly redeemed: number }
}
