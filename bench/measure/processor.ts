import { readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second for whoever asks. */
const TICKS_PER_SECOND = 100

/** @returns a file of /proc, or undefined where there is none: on another system, or when the process has ended */
function procFile(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * How long all processors have worked since the machine started, in seconds. Interrupts are left out: they are the price of
 * the load's own packets, and counted for no process.
 */
export function machineSeconds(): number | undefined {
  const [, user, nice, system, , , , , steal] =
    procFile('stat')?.split('\n')[0]?.split(/ +/).map(Number) ?? []
  if (user === undefined || nice === undefined || system === undefined) return undefined
  return (user + nice + system + (steal ?? 0)) / TICKS_PER_SECOND
}

/** How long a process has worked, in seconds. @param withChildren counts those of its children that ended, too */
export function processSeconds(pid: number, withChildren = false): number {
  // The name of the program may hold spaces; the fields are counted from the bracket after it.
  const fields = (procFile(`${pid}/stat`) ?? '')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number)
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15)
  return (user + system + (withChildren ? childUser + childSystem : 0)) / TICKS_PER_SECOND
}

/** The memory of a process that is in RAM, in MB; undefined where it can't be told. */
export function residentMegabytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(procFile(`${pid}/status`) ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}
