import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE = 40

/**
 * Waits until nothing is wrong any more.
 *
 * @param look tells what is wrong; an error counts as something wrong
 * @param patience in milliseconds
 * @throws with what was wrong at the last look
 */
export async function eventually(
  look: () => readonly string[] | Promise<readonly string[]>,
  patience = 15_000,
): Promise<void> {
  const deadline = performance.now() + patience
  for (;;) {
    let wrong: readonly string[]
    try {
      wrong = await look()
    } catch (error) {
      wrong = [String(error)]
    }
    if (wrong.length === 0) return
    if (performance.now() > deadline) throw new Error(`after ${patience} ms: ${wrong.join('; ')}`)
    await sleep(PAUSE)
  }
}
