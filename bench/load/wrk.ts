import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadFigures, LoadPlan } from './load.ts'

export const WRK = 'wrk, one thread'

const SCRIPT = fileURLToPath(new URL('requests.lua', import.meta.url))
const run = promisify(execFile)

/** Puts a load on a server by wrk, from the core that this process is on. */
export async function loadByWrk(plan: LoadPlan): Promise<LoadFigures> {
  const { url, membersFile, path, connections, seconds, start = 0, changes } = plan
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', SCRIPT, url, '--']
  const { stdout } = await run('wrk', [...args, membersFile, path], {
    env: {
      PATH: process.env['PATH'] ?? '',
      BENCH_START: String(start),
      ...(changes !== undefined && {
        BENCH_CHANGE_EVERY: String(changes.every),
        BENCH_ADMIN: changes.adminAuthorization,
      }),
    },
  })
  const line = stdout.split('\n').find((candidate) => candidate.startsWith('{'))
  if (line === undefined) throw new Error(`wrk said nothing of its figures: ${stdout}`)
  const told = JSON.parse(line) as Record<
    'requests' | 'microseconds' | 'refused' | 'broken' | 'p50' | 'p99',
    number
  >
  return {
    requestsPerSecond: told.requests / (told.microseconds / 1_000_000),
    p50: told.p50 / 1000,
    p99: told.p99 / 1000,
    requests: told.requests,
    failures: told.refused + told.broken,
  }
}
