import { expect, test } from 'vitest'
import { ROUND_TIMINGS, runRounds, spendTheRest } from './rounds.ts'
import { startChaosWorld } from './world.ts'

/** Half of them each in two worlds, which mostly wait. `npm run chaos` runs more, or these again by their seed. */
const ROUNDS = 50
const BUDGET = 60_000

for (const half of ['one', 'another'])
  test.concurrent(
    `through random deaths and networks every account has its use and every use its account, in ${half} world`,
    { timeout: 2 * BUDGET },
    async () => {
      const seed = Math.floor(Math.random() * 1_000_000)
      await using world = await startChaosWorld({ latchkeys: 2, timings: ROUND_TIMINGS })
      await Promise.all(world.latchkeys.map((latchkey) => latchkey.start()))
      const tally = await runRounds(world, { rounds: ROUNDS / 2, seed, auditEvery: 13, budget: BUDGET })
      expect(tally.heard.get('200'), `seed ${seed}`).toBeGreaterThan(0)
      expect(await spendTheRest(world, 5), `seed ${seed}`).toBeGreaterThan(0)
    },
  )
