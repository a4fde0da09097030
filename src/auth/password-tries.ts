import { type AuditStore, makeId } from '../invites/audit.ts'
import type { RandomBytes } from '../invites/code.ts'
import { ADMIN, type Instant } from '../invites/types.ts'

export interface PasswordTriesPorts {
  readonly store: Pick<AuditStore, 'recordEvent'>
  /** How often an address may be wrong; the same for the form and for the methods. */
  readonly guesses: {
    readonly blockedFor: (address: string) => Promise<number | undefined>
    readonly count: (address: string) => Promise<unknown>
  }
  readonly hostname: string
  readonly now: () => Instant
  readonly random: RandomBytes
}

/** Lets nobody try admin passwords one after the other: counts wrong ones by address, and tells the audit log. */
export class PasswordTries {
  readonly #ports: PasswordTriesPorts

  constructor(ports: PasswordTriesPorts) {
    this.#ports = ports
  }

  /**
   * Judges a try. An address that was wrong too often is not even told whether it is right now.
   *
   * @param isRight whether the password is right
   * @returns how many seconds to wait where it was wrong too often
   * @throws when the audit log can't be written
   */
  async judge(
    isRight: boolean,
    address: string,
  ): Promise<'right' | 'wrong' | { readonly retryAfter: number }> {
    const { guesses, store, random, now, hostname } = this.#ports
    const retryAfter = await guesses.blockedFor(address)
    if (retryAfter !== undefined) return { retryAfter }
    if (isRight) return 'right'
    await guesses.count(address)
    await store.recordEvent({
      id: makeId(random),
      at: now(),
      actor: ADMIN,
      action: 'signInRefused',
      subject: hostname,
      detail: { by: 'password', address },
    })
    return 'wrong'
  }
}
