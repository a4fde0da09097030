import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Duration, Instant } from '../invites/types.ts'

/** How long a verdict holds while the firehose tells of every takedown. */
const WHILE_FOLLOWING: Duration = 60_000
/** And how long while it does not. */
const OTHERWISE: Duration = 5000

/** About what a verdict takes in memory, in bytes. */
const SIZE = 350

interface Verdict {
  readonly did: string
  readonly judgedAt: Instant
  /** When the token runs out. */
  readonly expiresAt: Instant
}

export interface VerdictsOptions {
  /** How much memory they may take, in bytes; with 0 nothing is remembered. */
  readonly room: number
  readonly now: () => Instant
  /** Whether the firehose is connected, and less than 5 s behind. */
  readonly isFollowing: () => boolean
}

/**
 * Remembers whose tokens were found good, under their SHA-256: no token itself is kept. A verdict says who calls and nothing
 * of how the account stands since, which has to be read with every request.
 */
export class Verdicts {
  readonly #options: VerdictsOptions
  readonly #known: LRUCache<string, Verdict> | undefined

  constructor(options: VerdictsOptions) {
    this.#options = options
    const most = Math.floor(options.room / SIZE)
    this.#known = most > 0 ? new LRUCache({ max: most }) : undefined
  }

  /** @returns the DID of the account that a token was found to be of; undefined when it has to be judged anew */
  get(token: string): string | undefined {
    const verdict = this.#known?.get(digest(token))
    if (verdict === undefined) return undefined
    const now = this.#options.now()
    const holds = this.#options.isFollowing() ? WHILE_FOLLOWING : OTHERWISE
    return now < verdict.expiresAt && now < verdict.judgedAt + holds ? verdict.did : undefined
  }

  /**
   * @param judgedAt when it was asked whether the token is good
   * @param exp when the token runs out, as it says itself: in seconds since the Unix epoch
   */
  remember(token: string, did: string, judgedAt: Instant, exp: number): void {
    this.#known?.set(digest(token), { did, judgedAt, expiresAt: exp * 1000 })
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64')
}
