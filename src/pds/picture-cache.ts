import { LRUCache } from 'lru-cache'
import type { Duration, Instant } from '../invites/types.ts'

/** A picture of an account. */
export interface Picture {
  readonly bytes: Uint8Array
  /** Its kind, as browsers name it. */
  readonly type: string
}

/** In bytes, of all pictures together. */
const ROOM = 8 * 1024 * 1024

/** As long as browsers keep them. One that the PDS takes down is gone after that. */
const KEPT: Duration = 600_000

/** About what an entry takes beside the picture. That there is none takes room as well. */
const OVERHEAD = 1024

interface Entry {
  readonly until: Instant
  readonly picture: Promise<Picture | undefined>
  readonly size: number
}

/** Remembers some pictures, so that not everybody who looks costs the PDS a file. Those that are read just now are shared. */
export class PictureCache {
  readonly #now: () => Instant
  readonly #entries = new LRUCache<string, Entry>({ maxSize: ROOM, sizeCalculation: ({ size }) => size })

  constructor(now: () => Instant) {
    this.#now = now
  }

  /**
   * A picture, read where it is not known.
   *
   * @param key stands for this account's very file
   * @returns undefined where there is none that may be shown
   * @throws as `read` does; then nothing is remembered
   */
  get(key: string, read: () => Promise<Picture | undefined>): Promise<Picture | undefined> {
    const known = this.#entries.get(key)
    if (known !== undefined && this.#now() < known.until) return known.picture
    const entry: Entry = { until: this.#now() + KEPT, picture: read(), size: OVERHEAD }
    this.#entries.set(key, entry)
    const isStillIt = () => this.#entries.peek(key) === entry
    entry.picture.then(
      (picture) => {
        const size = OVERHEAD + (picture?.bytes.byteLength ?? 0)
        if (isStillIt()) this.#entries.set(key, { ...entry, size })
      },
      () => isStillIt() && this.#entries.delete(key),
    )
    return entry.picture
  }
}
