import { LRUCache } from 'lru-cache'
import type { Instant } from '../../invites/types.ts'

/** About what an answer takes in memory beside its own text, in bytes. */
const OVERHEAD = 400

/** An answer as it goes over the wire, and how long it is good. */
interface Ready {
  readonly text: string
  /** Of the account that it is about. */
  readonly version: number
  /** `Infinity` for ever. */
  readonly validUntil: Instant
}

/**
 * Keeps answers that depend on one account and on time alone. An answer was made from one snapshot together with its
 * version, so it is good while one read of the account shows that version still, and until time itself changes it.
 */
export class ReadyAnswers {
  readonly #kept: LRUCache<string, Ready> | undefined

  /** @param room how much memory they may take, in bytes; with 0 none is kept */
  constructor(room: number) {
    this.#kept =
      room > 0
        ? new LRUCache({
            maxSize: room,
            sizeCalculation: ({ text }, key) => text.length + key.length + OVERHEAD,
          })
        : undefined
  }

  /**
   * @param key what was asked for, the account included
   * @param version the account's, read since the request began
   * @returns undefined when the answer has to be made
   */
  get(key: string, version: number, now: Instant): string | undefined {
    const ready = this.#kept?.get(key)
    return ready !== undefined && ready.version === version && now < ready.validUntil ? ready.text : undefined
  }

  /** Keeps an answer in the place of the one before, unless no version would ever tell that it has changed. */
  keep(
    key: string,
    { text, version, validUntil }: Omit<Ready, 'version'> & { readonly version: number | undefined },
  ): void {
    if (version !== undefined) this.#kept?.set(key, { text, version, validUntil })
  }
}
