import { hasProgram } from '../machine.ts'
import { loadByWrk, WRK } from './wrk.ts'

/** Members who ask for their codes as fast as they are answered. */
export interface LoadPlan {
  /** The server's origin. */
  readonly url: string
  /** One `did token` a line. */
  readonly membersFile: string
  /** The path that they ask. */
  readonly path: string
  /** How many of them ask at once. */
  readonly connections: number
  readonly seconds: number
  /** The number of the first member who asks, from 0. */
  readonly start?: number
  /** Every so many requests one gives the member another code instead. */
  readonly changes?: { readonly every: number; readonly adminAuthorization: string }
}

/** What a load has shown. */
export interface LoadFigures {
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly requests: number
  /** Answers that were no success, and requests without an answer. */
  readonly failures: number
}

/** Puts a load on a server. */
export type Load = (plan: LoadPlan) => Promise<LoadFigures>

/** @throws {Error} when there is nothing to make a load with */
export function findLoad(): { readonly name: string; readonly load: Load } {
  if (hasProgram('wrk')) return { name: WRK, load: loadByWrk }
  throw new Error('wrk is not installed (Debian: apt-get install wrk)')
}
