import { type ChaosWorld, startChaosWorld, type WorldOptions } from './world.ts'

/** A few worlds for many tests that mostly wait: each test has one to itself. */
export interface WorldPool extends AsyncDisposable {
  /** Waits for a free world, mends it, with only its first Latchkey running, and works with it. */
  readonly use: (work: (world: ChaosWorld) => Promise<void>) => Promise<void>
}

/** Starts worlds. @param size how many; each takes half a gigabyte */
export async function startWorldPool(size: number, options: WorldOptions = {}): Promise<WorldPool> {
  await using stack = new AsyncDisposableStack()
  const starting = Array.from({ length: size }, async () => stack.use(await startChaosWorld(options)))
  const free = await Promise.all(starting)
  const waiting: ((world: ChaosWorld) => void)[] = []
  const worlds = stack.move()
  return {
    use: async (work) => {
      const world = free.pop() ?? (await new Promise<ChaosWorld>((resolve) => waiting.push(resolve)))
      try {
        await mend(world)
        await work(world)
      } finally {
        const next = waiting.shift()
        if (next === undefined) free.push(world)
        else next(world)
      }
    },
    [Symbol.asyncDispose]: () => worlds.disposeAsync(),
  }
}

async function mend({ pdsLink, plcLink, pds, latchkeys: [first, ...others] }: ChaosWorld): Promise<void> {
  pdsLink.calm()
  plcLink.calm()
  await pds.start()
  await Promise.all(others.map((other) => other.kill()))
  await first?.start()
}
