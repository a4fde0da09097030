import { LRUCache } from 'lru-cache'
import type { Instant } from '../../invites/types.ts'

/** About what the answers of an account take in memory beside their own text, in bytes. */
const OVERHEAD = 500

/** An answer as it goes over the wire, and how long it is good. */
interface Ready {
  readonly text: string
  /** `Infinity` for ever. */
  readonly validUntil: Instant
}

/** What was answered of an account while it had one version, by what was asked for. */
interface Kept {
  readonly version: number
  readonly answers: ReadonlyMap<string, Ready>
}

/**
 * Keeps answers that depend on one account and on time alone. An answer was made from one snapshot together with its
 * version, so it is good while one read of the account shows that version still, and until time itself changes it.
 */
export class ReadyAnswers {
  readonly #kept: LRUCache<string, Kept> | undefined

  /** @param room how much memory they may take, in bytes; with 0 none is kept */
  constructor(room: number) {
    this.#kept =
      room > 0
        ? new LRUCache({
            maxSize: room,
            sizeCalculation: ({ answers }) =>
              [...answers.values()].reduce((size, { text }) => size + text.length, OVERHEAD),
          })
        : undefined
  }

  /**
   * @param did the account
   * @param asked what was asked for of it
   * @param version the account's, read since the request began
   * @returns undefined when the answer has to be made
   */
  get(did: string, asked: string, version: number, now: Instant): string | undefined {
    const kept = this.#kept?.get(did)
    const ready = kept?.version === version ? kept.answers.get(asked) : undefined
    return ready !== undefined && now < ready.validUntil ? ready.text : undefined
  }

  /**
   * Keeps an answer in the place of the one before.
   *
   * @param version the account's when it was made; undefined where none would ever tell that it has changed
   */
  keep(did: string, asked: string, version: number | undefined, ready: Ready): void {
    if (version === undefined) return
    const before = this.#kept?.get(did)
    const others = before?.version === version ? before.answers : []
    this.#kept?.set(did, { version, answers: new Map([...others, [asked, ready]]) })
  }
}
