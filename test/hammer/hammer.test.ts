import { expect, test } from 'vitest'
import { hammer } from './hammer.ts'

/** `npm run hammer` does it for longer, or again by its seed. */
const DURATION = 6000

test(
  'no answer is older than what was committed before its request, and none shows what never was',
  { timeout: 180_000 },
  async () => {
    const seed = Math.floor(Math.random() * 1_000_000)
    const tally = await hammer({ seed, duration: DURATION, members: 6 }).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
    for (const what of ['answers checked', 'refusals checked', 'uses', 'codes earned', 'takedowns'])
      expect(tally.get(what), `${what}, seed ${seed}`).toBeGreaterThan(0)
  },
)
