import { type AuditEvent, type AuditStore, makeDeed } from '../invites/audit.ts'
import type { RandomBytes } from '../invites/code.ts'
import type { Duration, Instant } from '../invites/types.ts'

/** Of one address so many refusals are in the audit log that cost whoever tries nothing; it is not theirs to fill. */
export const REFUSALS_NOTED: { readonly times: number; readonly window: Duration } = {
  times: 5,
  window: 15 * 60_000,
}

export interface RefusedSignInsPorts {
  readonly store: Pick<AuditStore, 'recordEvent'>
  /** Counts refusals by {@link REFUSALS_NOTED}: the same for the pages and for the methods. */
  readonly refusals: { readonly count: (address: string) => Promise<boolean> }
  readonly hostname: string
  readonly now: () => Instant
  readonly random: RandomBytes
}

/** Tells the audit log who was not let in. */
export class RefusedSignIns {
  readonly #ports: RefusedSignInsPorts

  constructor(ports: RefusedSignInsPorts) {
    this.#ports = ports
  }

  /** Records a refusal. @throws when the audit log can't be written */
  async record(actor: string, detail: AuditEvent['detail']): Promise<void> {
    const { store, hostname } = this.#ports
    const deed = makeDeed(actor, this.#ports)
    await store.recordEvent({ ...deed, action: 'signInRefused', subject: hostname, detail })
  }

  /** Records one of which there may be any number, unless the address has enough of them. @throws likewise */
  async recordSome(actor: string, address: string, detail: AuditEvent['detail']): Promise<void> {
    const isEnough = await this.#ports.refusals.count(address)
    if (!isEnough) await this.record(actor, { ...detail, address })
  }
}
