import { expect, test } from 'vitest'
import { ROUND_TIMINGS, runRounds, spendTheRest } from './rounds.ts'
import { startChaosWorld } from './world.ts'

const ROUNDS = 50
const BUDGET = 60_000

test(
  'through random deaths and networks every account has its use and every use its account',
  { timeout: 120_000 },
  async () => {
    const seed = Math.floor(Math.random() * 1_000_000)
    await using world = await startChaosWorld({ latchkeys: 2, timings: ROUND_TIMINGS })
    await Promise.all(world.latchkeys.map((latchkey) => latchkey.start()))
    const tally = await runRounds(world, { rounds: ROUNDS, seed, auditEvery: 10, budget: BUDGET })
    expect(tally.heard.get('200'), `seed ${seed}`).toBeGreaterThan(0)
    expect(await spendTheRest(world, 10), `seed ${seed}`).toBeGreaterThan(0)
  },
)
