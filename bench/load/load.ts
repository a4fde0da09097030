import { hasProgram } from '../machine.ts'
import { AUTOCANNON, loadByAutocannon } from './autocannon.ts'
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

/** What makes the load: wrk where it is installed, since it takes least of the machine. */
export function findLoad(): { readonly name: string; readonly load: Load } {
  return hasProgram('wrk') ? { name: WRK, load: loadByWrk } : { name: AUTOCANNON, load: loadByAutocannon }
}
