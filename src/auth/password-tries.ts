import { ADMIN } from '../invites/types.ts'
import { RefusedSignIns, type RefusedSignInsPorts } from './refused-sign-ins.ts'

export interface PasswordTriesPorts extends RefusedSignInsPorts {
  /** How often an address may be wrong; the same for the form and for the methods. */
  readonly guesses: {
    readonly blockedFor: (address: string) => Promise<number | undefined>
    readonly count: (address: string) => Promise<unknown>
  }
}

/** Lets nobody try admin passwords one after the other: counts wrong ones by address, and tells the audit log. */
export class PasswordTries {
  readonly #ports: PasswordTriesPorts
  readonly #refused: RefusedSignIns

  constructor(ports: PasswordTriesPorts) {
    this.#ports = ports
    this.#refused = new RefusedSignIns(ports)
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
    const { guesses } = this.#ports
    const retryAfter = await guesses.blockedFor(address)
    if (retryAfter !== undefined) {
      await this.#refused.recordSome(ADMIN, address, { by: 'password', problem: 'wait' })
      return { retryAfter }
    }
    if (isRight) return 'right'
    await guesses.count(address)
    await this.#refused.record(ADMIN, { by: 'password', address })
    return 'wrong'
  }
}
