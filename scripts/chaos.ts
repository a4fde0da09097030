/**
 * Runs many rounds of sign-ups while processes are killed and networks are spoilt, and audits them: see test/chaos.
 *
 *     npm run chaos -- --rounds 500 --seed 7
 */
import { parseArgs } from 'node:util'
import { ROUND_TIMINGS, runRounds, spendTheRest } from '../test/chaos/rounds.ts'
import { startChaosWorld } from '../test/chaos/world.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    minutes: { type: 'string', default: '30' },
  },
})
const seed = Number(values.seed)
console.log(`--rounds ${values.rounds} --seed ${seed}`)
await using world = await startChaosWorld({ latchkeys: 2, timings: ROUND_TIMINGS })
await Promise.all(world.latchkeys.map((latchkey) => latchkey.start()))
const tally = await runRounds(world, {
  rounds: Number(values.rounds),
  seed,
  auditEvery: 10,
  budget: Number(values.minutes) * 60_000,
  progress: (line) => console.log(line),
})
const spent = await spendTheRest(world, 20)
console.log(`${tally.rounds} rounds, ${tally.deaths} deaths, ${spent} codes spent to their end; answers:`)
console.table(Object.fromEntries(tally.heard))
