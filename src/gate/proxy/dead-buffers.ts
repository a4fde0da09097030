import type { Writable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How many bytes flow between two collections: rarely enough to cost nothing, often enough to stay small. */
const BYTES_BETWEEN = 8 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as NodeJS.GCFunction

/**
 * Keeps memory small while a long body flows. Each 64 kB read is a buffer outside of V8's heap, dead as soon as it was
 * written on, and V8 looks for dead ones only once 32 MB of them lie about: a proxy that buffers nothing would still grow
 * by 40 MB. A collection of the young objects takes less than a millisecond and gives them back.
 *
 * @param target where the body flows to; it waits for `drain` again and again while more comes than it takes
 * @param bytesWritten how many bytes `target` has taken so far
 */
export function collectAsItFlows(target: Writable, bytesWritten: () => number): void {
  let collectedAt = 0
  target.on('drain', () => {
    const bytes = bytesWritten()
    if (bytes - collectedAt < BYTES_BETWEEN) return
    collectedAt = bytes
    collect({ type: 'minor' })
  })
}
