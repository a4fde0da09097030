import { type Deed, makeDeed } from './audit.ts'
import { type RandomBytes, withNewCodes } from './code.ts'
import { changesAt, codesToCreate, nextOrdinal } from './earning.ts'
import { InviteError } from './errors.ts'
import { isDisabled, isExpired, isUsedUp } from './predicates.ts'
import {
  type EarnerCode,
  type EarnerSnapshot,
  type InsertOutcome,
  type InviteStore,
  type ListingPosition,
  type MemberRecord,
  type SortOrder,
  StoreBusyError,
} from './store.ts'
import { ADMIN, type Host, type Instant, type InviteCodeWithUses, type Policy } from './types.ts'

/** What the PDS knows of an account and invitations need. */
export interface MemberFacts {
  readonly handle: string | null
  /** When the account was created on, or arrived at, the PDS. */
  readonly createdAt: Instant
}

/** What the service needs from the outside. */
export interface InviteServicePorts {
  readonly store: InviteStore
  readonly host: Host
  /** Asks the PDS for accounts by DID; those it does not have are missing from the answer. */
  readonly findMembers: (dids: readonly string[]) => Promise<ReadonlyMap<string, MemberFacts>>
  readonly now: () => Instant
  readonly random: RandomBytes
  readonly limits: InviteLimits
}

/** Bounds on what one request may create. */
export interface InviteLimits {
  readonly codesPerRequest: number
  readonly usesPerCode: number
}

/** What a member is shown, and for how long that holds. */
export interface MemberCodes {
  readonly codes: readonly EarnerCode[]
  /** When that was; how codes stand is judged by it. */
  readonly at: Instant
  /** Of the account, when the codes were read: they hold while it has not grown. Undefined where nothing would tell. */
  readonly version: number | undefined
  /** From when on time alone changes them, `at` or later; `Infinity` for never. */
  readonly validUntil: Instant
}

/** A member who has all the codes that were earned by now. */
export interface Earned {
  readonly member: EarnerSnapshot
  /** What later codes follow from, or why none are earned. */
  readonly earning:
    | { readonly createdAt: Instant; readonly policy: Policy }
    | { readonly stopped: 'disabled' | 'notOpen' | 'nobodyEarns' }
}

/** Codes made for one owner. */
export interface AccountCodes {
  readonly account: string
  readonly codes: readonly string[]
}

/** All that can be done with invitations. HTTP and the command line call the same methods. */
export class InviteService {
  readonly #ports: InviteServicePorts

  constructor(ports: InviteServicePorts) {
    this.#ports = ports
  }

  /**
   * The codes of a member as `com.atproto.server.getAccountInviteCodes` shows them: neither disabled nor expired, by
   * `(createdAt, code)`.
   *
   * @param includeUsed whether codes with no uses left are listed
   * @param createAvailable whether codes that were earned and not yet created are created first; without it nothing
   *   is written
   * @throws {InviteError} `DuplicateCreate` when the database stayed busy; nothing was created
   */
  async codesOfMember(
    did: string,
    { includeUsed, createAvailable }: { includeUsed: boolean; createAvailable: boolean },
  ): Promise<MemberCodes> {
    const { store, host, now } = this.#ports
    const at = now()
    const { member, earning } = createAvailable
      ? await this.earn(did, at)
      : { member: await store.memberSnapshot(did), earning: undefined }
    const { account, codes } = member
    return {
      codes: codes.filter(
        (code) => !isDisabled(code) && !isExpired(code, at) && (includeUsed || !isUsedUp(code)),
      ),
      at,
      // A change of the host's policy grows the versions of its own accounts only.
      version: account?.host === host.hostname ? account.version : undefined,
      validUntil: changesAt(at, codes, earning !== undefined && 'policy' in earning ? earning : undefined),
    }
  }

  /**
   * Makes what the member has earned by now, and reads what there is then.
   *
   * @throws {InviteError} `DuplicateCreate` when the database stayed busy; nothing was created
   */
  async earn(did: string, at: Instant): Promise<Earned> {
    const { store, host } = this.#ports
    const member = await store.earnerSnapshot(did, host.hostname)
    const { policy } = member
    if (member.account?.invitesDisabled === true) return { member, earning: { stopped: 'disabled' } }
    if (member.earningSince === null) return { member, earning: { stopped: 'notOpen' } }
    if (policy.interval === null) return { member, earning: { stopped: 'nobodyEarns' } }
    const createdAt = member.account?.createdAt ?? (await this.#learnCreatedAt(did))
    const count = codesToCreate(at, createdAt, member.codes, policy)
    const earned = count === 0 ? member : await this.#createEarned(did, member, count, at)
    return { member: earned, earning: { createdAt, policy: earned.policy } }
  }

  async #createEarned(
    did: string,
    found: EarnerSnapshot,
    count: number,
    at: Instant,
  ): Promise<EarnerSnapshot> {
    const { store, host } = this.#ports
    try {
      const firstOrdinal = nextOrdinal(found.codes)
      await this.#insertNew(count, (codes) =>
        store.insertEarned({ did, host: host.hostname, createdAt: at, firstOrdinal, codes }),
      )
    } catch (error) {
      if (!(error instanceof StoreBusyError)) throw error
      const message = 'attempted to create additional codes in another request'
      throw new InviteError('DuplicateCreate', message, { cause: error })
    }
    return store.earnerSnapshot(did, host.hostname)
  }

  /** Earning counts from the PDS's own record of the account, fetched once. */
  async #learnCreatedAt(did: string): Promise<Instant> {
    const { store, host, findMembers } = this.#ports
    const facts = (await findMembers([did])).get(did)
    if (facts === undefined) throw new InviteError('UnknownAccount', 'Account not found')
    const { createdAt, handle } = facts
    const account = { did, host: host.hostname, createdAt, ...(handle !== null && { handle }) }
    await store.upsertAccount(account).catch((error: unknown) => {
      // Then it is asked for again next time.
      if (!(error instanceof StoreBusyError)) throw error
    })
    return createdAt
  }

  /**
   * Makes gifted codes, all or none.
   *
   * @param forAccounts owners: DIDs that the PDS has, or `admin`; the same owner twice gets twice as many
   * @param codeCount codes for each owner
   * @param useCount uses of each code
   * @param actor who the audit log says did it
   * @returns the codes by owner, in the order asked for
   * @throws {InviteError} `InvalidRequest` for counts out of bounds, `UnknownAccount` for an owner that the PDS lacks
   */
  async createGifted({
    forAccounts,
    codeCount,
    useCount,
    actor,
  }: {
    forAccounts: readonly string[]
    codeCount: number
    useCount: number
    actor?: string
  }): Promise<readonly AccountCodes[]> {
    const { store, host, now, limits } = this.#ports
    requireBetween('useCount', useCount, limits.usesPerCode)
    requireBetween('codeCount', codeCount, limits.codesPerRequest)
    const total = codeCount * forAccounts.length
    if (total > limits.codesPerRequest) {
      throw new InviteError(
        'InvalidRequest',
        `at most ${limits.codesPerRequest} codes can be created at once, this asks for ${total}`,
      )
    }
    await this.#requireMembers(forAccounts)
    const createdAt = now()
    const codes = await this.#insertNew(total, (fresh) =>
      store.insertGifted(
        fresh.map((code, index) => ({
          code,
          forAccount: forAccounts[Math.floor(index / codeCount)] ?? ADMIN,
          available: useCount,
        })),
        host.hostname,
        createdAt,
        this.#deed(actor),
      ),
    )
    return forAccounts.map((account, index) => ({
      account,
      codes: codes.slice(index * codeCount, (index + 1) * codeCount),
    }))
  }

  /** The PDS is asked only for those that it has not told of by itself. */
  async #requireMembers(owners: readonly string[]): Promise<void> {
    const dids = [...new Set(owners)].filter((owner) => owner !== ADMIN)
    const areKnown = await Promise.all(dids.map((did) => this.#isKnown(did)))
    const unknown = dids.filter((_, index) => areKnown[index] !== true)
    if (unknown.length === 0) return
    const found = await this.#ports.findMembers(unknown)
    const missing = unknown.find((did) => !found.has(did))
    if (missing !== undefined) throw new InviteError('UnknownAccount', `Account not found: ${missing}`)
  }

  async #isKnown(did: string): Promise<boolean> {
    const standing = await this.#ports.store.standing(did)
    return standing !== undefined && standing.isConfirmed && standing.status !== 'deleted'
  }

  /** Inserts `count` random codes. */
  async #insertNew(
    count: number,
    insert: (codes: readonly string[]) => Promise<InsertOutcome>,
  ): Promise<readonly string[]> {
    const { host, random } = this.#ports
    const [, codes] = await withNewCodes({ hostname: host.hostname, random, count }, insert)
    return codes
  }

  /** One page of all codes, for administrators. @param after the last position of the page before */
  listCodes(page: {
    sort: SortOrder
    limit: number
    after: ListingPosition | null
  }): Promise<readonly InviteCodeWithUses[]> {
    return this.#ports.store.listCodes({ host: this.#ports.host.hostname, ...page })
  }

  /**
   * Disables codes by name and by owner; unknown ones are passed over. Sign-ups already holding a use may finish, none
   * starts after this has resolved.
   *
   * @throws {InviteError} `InvalidRequest` when the operator's own codes are named by their owner
   */
  async disableCodes({
    codes,
    owners,
    actor,
  }: {
    codes: readonly string[]
    owners: readonly string[]
    actor?: string
  }): Promise<void> {
    if (owners.includes(ADMIN)) throw new InviteError('InvalidRequest', 'cannot disable admin invite codes')
    const { store, host, now } = this.#ports
    const deed = this.#deed(actor)
    await store.disableCodes({
      codes,
      owners,
      at: deed?.at ?? now(),
      deed: deed && { ...deed, host: host.hostname },
    })
  }

  /**
   * Lets an account earn and be given codes, or not; codes already made stay good.
   *
   * @param note why, for administrators; undefined leaves the note before, an empty one erases it
   */
  async setInvitesDisabled(
    did: string,
    disabled: boolean,
    note: string | undefined,
    actor?: string,
  ): Promise<void> {
    const { store, host } = this.#ports
    const change = { did, host: host.hostname, disabled, note: note ?? null }
    await store.setInvitesDisabled({ ...change, deed: this.#deed(actor) })
  }

  /** What administrators see of the accounts asked for, known or not. */
  memberRecords(dids: readonly string[]): Promise<ReadonlyMap<string, MemberRecord>> {
    return this.#ports.store.memberRecords(dids)
  }

  #deed(actor: string | undefined): Deed | undefined {
    return actor === undefined ? undefined : makeDeed(actor, this.#ports)
  }

  /** The instant that expiry is judged by. */
  now(): Instant {
    return this.#ports.now()
  }
}

function requireBetween(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw new InviteError('InvalidRequest', `${name} must be between 1 and ${most}, got ${value}`)
}
