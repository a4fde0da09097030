import { makeCode, type RandomBytes } from './code.ts'
import { codesToCreate, nextOrdinal } from './earning.ts'
import { InviteError } from './errors.ts'
import { isDisabled, isExpired, isUsedUp } from './predicates.ts'
import {
  type InsertOutcome,
  type InviteStore,
  type ListingPosition,
  type MemberRecord,
  type MemberSnapshot,
  type SortOrder,
  StoreBusyError,
} from './store.ts'
import { ADMIN, type Host, type Instant, type InviteCodeWithUses } from './types.ts'

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

/** Codes made for one owner. */
export interface AccountCodes {
  readonly account: string
  readonly codes: readonly string[]
}

/** How often colliding random codes are replaced by new ones before that counts as a bug: 50 bits rarely collide once. */
const COLLISION_RETRIES = 5

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
  ): Promise<readonly InviteCodeWithUses[]> {
    const { store, now } = this.#ports
    const at = now()
    const found = await store.memberSnapshot(did)
    const { codes } = createAvailable ? await this.#createEarned(did, found, at) : found
    return codes.filter(
      (code) => !isDisabled(code) && !isExpired(code, at) && (includeUsed || !isUsedUp(code)),
    )
  }

  /** Makes what the member has earned by now, and reads again what there is. */
  async #createEarned(did: string, found: MemberSnapshot, at: Instant): Promise<MemberSnapshot> {
    const { store, host } = this.#ports
    if (found.account?.invitesDisabled === true) return found
    // Another process may have opened earning since the start.
    const { earningSince = null } = (await store.host(host.hostname)) ?? {}
    if (earningSince === null) return found
    const policy = await store.policy(host.hostname)
    if (policy.interval === null) return found
    const createdAt = found.account?.createdAt ?? (await this.#learnCreatedAt(did))
    const count = codesToCreate(at, createdAt, found.codes, policy)
    if (count === 0) return found
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
    return store.memberSnapshot(did)
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
   * @returns the codes by owner, in the order asked for
   * @throws {InviteError} `InvalidRequest` for counts out of bounds, `UnknownAccount` for an owner that the PDS lacks
   */
  async createGifted({
    forAccounts,
    codeCount,
    useCount,
  }: {
    forAccounts: readonly string[]
    codeCount: number
    useCount: number
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
      ),
    )
    return forAccounts.map((account, index) => ({
      account,
      codes: codes.slice(index * codeCount, (index + 1) * codeCount),
    }))
  }

  async #requireMembers(owners: readonly string[]): Promise<void> {
    const dids = [...new Set(owners)].filter((owner) => owner !== ADMIN)
    if (dids.length === 0) return
    const known = await this.#ports.findMembers(dids)
    const missing = dids.find((did) => !known.has(did))
    if (missing !== undefined) throw new InviteError('UnknownAccount', `Account not found: ${missing}`)
  }

  /** Draws `count` random codes and inserts them, with new ones when one of them exists already. */
  async #insertNew(
    count: number,
    insert: (codes: readonly string[]) => Promise<InsertOutcome>,
  ): Promise<readonly string[]> {
    const { host, random } = this.#ports
    for (let attempt = 0; attempt <= COLLISION_RETRIES; attempt++) {
      const codes = Array.from({ length: count }, () => makeCode(host.hostname, random))
      if ((await insert(codes)) === 'done') return codes
    }
    throw new Error(
      `random invite codes collided ${COLLISION_RETRIES + 1} times: the random source is broken`,
    )
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
  }: {
    codes: readonly string[]
    owners: readonly string[]
  }): Promise<void> {
    if (owners.includes(ADMIN)) throw new InviteError('InvalidRequest', 'cannot disable admin invite codes')
    await this.#ports.store.disableCodes({ codes, owners, at: this.#ports.now() })
  }

  /**
   * Lets an account earn and be given codes, or not; codes already made stay good.
   *
   * @param note why, for administrators; undefined leaves the note before, an empty one erases it
   */
  async setInvitesDisabled(did: string, disabled: boolean, note: string | undefined): Promise<void> {
    const { store, host } = this.#ports
    await store.setInvitesDisabled({ did, host: host.hostname, disabled, note: note ?? null })
  }

  /** What administrators see of the accounts asked for, known or not. */
  memberRecords(dids: readonly string[]): Promise<ReadonlyMap<string, MemberRecord>> {
    return this.#ports.store.memberRecords(dids)
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
