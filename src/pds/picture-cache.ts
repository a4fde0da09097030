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

interface Entry {
  readonly until: Instant
  readonly picture: Promise<Picture | undefined>
  /** 0 while it is read. */
  size: number
}

/** Remembers some pictures, so that not everybody who looks costs the PDS a file. Those that are read just now are shared. */
export class PictureCache {
  readonly #now: () => Instant
  /** The oldest first. */
  readonly #entries = new Map<string, Entry>()
  #size = 0

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
    this.#forget(key)
    const entry: Entry = { until: this.#now() + KEPT, picture: read(), size: 0 }
    this.#entries.set(key, entry)
    entry.picture.then(
      (picture) => this.#measure(key, entry, picture?.bytes.byteLength ?? 0),
      () => this.#entries.get(key) === entry && this.#forget(key),
    )
    return entry.picture
  }

  #measure(key: string, entry: Entry, bytes: number): void {
    if (this.#entries.get(key) !== entry) return
    // That there is none takes room as well.
    entry.size = bytes + 1024
    this.#size += entry.size
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= ROOM) return
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0
    this.#entries.delete(key)
  }
}
