import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { createRequire } from 'node:module'
import type { Facts } from './report/model.ts'

/** Which core does what. */
export interface Cores {
  readonly server: number
  readonly load: number
}

/** What `statfs` calls a file system that is in memory. */
const TMPFS = 0x01021994

/** @returns undefined where processes can't be kept to cores, or there are too few */
export function findCores(): Cores | undefined {
  if (availableParallelism() < 2 || !hasProgram('taskset')) return undefined
  return { server: 0, load: 1 }
}

/** Whether a program is installed. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync('which', [name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The version of an installed package. */
export function packageVersion(name: string): string {
  const require = createRequire(import.meta.url)
  const { version } = require(`${name}/package.json`) as { version: string }
  return version
}

/** What has to be known of a machine and what runs on it to judge the figures. */
export function describeMachine(cores: Cores | undefined, loadTool: string, folder: string): Facts {
  const [processor] = cpus()
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
    machine: `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
    cores:
      cores === undefined
        ? 'server and load share them: they could not be kept apart'
        : 'the server on one, the load on another',
    Node: process.version,
    PDS: `@atproto/pds ${packageVersion('@atproto/pds')}`,
    load: loadTool,
    ...(statfsSync(folder).type === TMPFS && {
      disk: 'memory: figures of writes say nothing, name a folder on a disk with --data',
    }),
  }
}
