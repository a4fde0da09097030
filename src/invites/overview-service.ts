import { type Deed, makeDeed } from './audit.ts'
import type { RandomBytes } from './code.ts'
import { codesToCreate } from './earning.ts'
import { InviteError } from './errors.ts'
import {
  type AccountOverview,
  type AccountSearch,
  DAY,
  type EarningPart,
  type JoinedPosition,
  type TreeAccount,
} from './overview.ts'
import type { CodeState } from './predicates.ts'
import type { MemberFacts } from './service.ts'
import type { InviteStore, Pause, Reservation } from './store.ts'
import { type BranchFigures, countBranch } from './tree.ts'
import type { Duration, Host, Instant, Person, Policy } from './types.ts'

export interface OverviewServicePorts {
  readonly store: InviteStore
  readonly host: Host
  /** Asks the PDS for accounts by DID; those it does not have are missing from the answer. */
  readonly findMembers: (dids: readonly string[]) => Promise<ReadonlyMap<string, MemberFacts>>
  /** Why the doors are closed, in a sentence; undefined when nothing is known to be wrong. */
  readonly fault: () => string | undefined
  /** For each part of the policy that a setting writes at every start, the name of that setting. */
  readonly fixed: Readonly<Partial<Record<keyof Policy, string>>>
  readonly now: () => Instant
  readonly random: RandomBytes
  /** Lets other work be done, in the middle of much work. */
  readonly nextTurn: () => Promise<unknown>
}

/** An account in the tree, and how its branch fares. */
export interface Branch extends TreeAccount, BranchFigures {}

/** One level of the tree. */
export interface TreeLevel {
  readonly branches: readonly Branch[]
  /** Where the page ended; null on the last. */
  readonly end: JoinedPosition | null
  /** From the root to the account asked for, or its end; empty for the roots. */
  readonly path: readonly Person[]
}

export interface Status {
  /** How many sign-ups are in progress. */
  readonly open: number
  /** The oldest in progress, then the newest that ended. */
  readonly signUps: readonly Reservation[]
  readonly pause: Pause | undefined
  readonly fault: string | undefined
  /** Oldest first, today the last. */
  readonly days: readonly { readonly begin: Instant; readonly signUps: number }[]
  readonly codes: Readonly<Record<CodeState, number>>
}

/** What a policy would release at once. */
export interface PolicyPreview {
  /** Members who would have a code to create. */
  readonly accounts: number
  readonly codes: number
  /** Members who are not counted, since the PDS could not be asked when they joined: it failed, or they are too many. */
  readonly unknown: number
}

/** How far a branch is counted, and how far all of a page together; then each is still counted so far. */
const BRANCH_COUNTED = 10_000
const PAGE_COUNTED = 50_000
const BRANCH_COUNTED_ANYWAY = 1000

const PATH_SHOWN = 100
const SIGN_UPS_SHOWN = 50
const DAYS_SHOWN = 30
const EARNERS_AT_ONCE = 200

/** Of so many members the PDS is asked when they joined, for one preview. */
const ASKED = 2000

/** Figures take a look at every code, so one look does for all who ask meanwhile. */
const FIGURES_KEPT: Duration = 5000

type Figures = Pick<Status, 'days' | 'codes'>

/** What operators look at, and how they pause sign-ups and change the policy. */
export class OverviewService {
  readonly #ports: OverviewServicePorts
  #figures: { readonly at: Instant; readonly found: Promise<Figures> } | undefined

  constructor(ports: OverviewServicePorts) {
    this.#ports = ports
  }

  /** A page of accounts. */
  accounts(search: AccountSearch, limit: number): Promise<readonly AccountOverview[]> {
    const { store, host, now } = this.#ports
    return store.listAccounts({ host: host.hostname, search, limit, now: now() })
  }

  /**
   * A level of the tree: whom an account invited, or the roots.
   *
   * @throws {InviteError} `UnknownAccount`
   */
  async level(
    did: string | undefined,
    { limit, after }: { limit: number; after: JoinedPosition | null },
  ): Promise<TreeLevel> {
    const { store, host, nextTurn } = this.#ports
    const path = did === undefined ? [] : await store.ancestors(host.hostname, did, PATH_SHOWN)
    if (did !== undefined && path.length === 0) throw new InviteError('UnknownAccount', 'Account not found')
    const page = { host: host.hostname, inviter: did ?? null, limit: limit + 1, after }
    const found = await store.listBranches(page)
    const shown = found.slice(0, limit)
    const branches: Branch[] = []
    let left = PAGE_COUNTED
    for (const account of shown) {
      const most = Math.max(BRANCH_COUNTED_ANYWAY, Math.min(BRANCH_COUNTED, left))
      const counting = { store, host: host.hostname, nextTurn }
      const figures = await countBranch(counting, account.person.did, most)
      left -= figures.joined
      branches.push({ ...account, ...figures })
    }
    const last = found.length > shown.length ? shown.at(-1) : undefined
    const end = last === undefined ? null : { joinedAt: last.joinedAt ?? 0, did: last.person.did }
    return { branches, end, path: path.toReversed() }
  }

  /** How sign-ups are going. Figures of days and codes may be five seconds old. */
  async status(): Promise<Status> {
    const { store, host, fault } = this.#ports
    const [counts, shown, pause, figures] = await Promise.all([
      store.countOpen(host.hostname),
      store.shownSignUps(host.hostname, SIGN_UPS_SHOWN),
      store.pause(host.hostname),
      this.#freshFigures(),
    ])
    return {
      open: counts.reserved + counts.forwarded + counts.settling,
      signUps: [...shown.open, ...shown.ended],
      pause,
      fault: fault(),
      ...figures,
    }
  }

  #freshFigures(): Promise<Figures> {
    const at = this.#ports.now()
    if (this.#figures !== undefined && at - this.#figures.at < FIGURES_KEPT) return this.#figures.found
    const found = this.#readFigures(at)
    this.#figures = { at, found }
    found.catch(() => (this.#figures = undefined))
    return found
  }

  async #readFigures(now: Instant): Promise<Figures> {
    const { store, host, nextTurn } = this.#ports
    const first = Math.floor(now / DAY) - DAYS_SHOWN + 1
    const byDay = await store.signUpsByDay(host.hostname, first * DAY)
    await nextTurn()
    const codes = await store.countCodes(host.hostname, now)
    const days = Array.from({ length: DAYS_SHOWN }, (_, index) => ({
      begin: (first + index) * DAY,
      signUps: byDay.get(first + index) ?? 0,
    }))
    return { days, codes }
  }

  /**
   * Closes both doors, or opens them.
   *
   * @param actor who does it, for the audit log
   * @param wanted undefined to open; a message is what people at the doors are told
   */
  async setPause(
    actor: string,
    wanted: { readonly exceptMigrations: boolean; readonly message: string | undefined } | undefined,
  ): Promise<void> {
    const { store, host } = this.#ports
    const deed = this.#deed(actor)
    const message = wanted?.message?.trim() || null
    const pause = wanted && { since: deed.at, exceptMigrations: wanted.exceptMigrations, message }
    await store.setPause(host.hostname, pause, deed)
  }

  /** How members earn, and which settings write a part of that at every start. */
  async policy(): Promise<{ readonly policy: Policy; readonly settings: readonly string[] }> {
    const { store, host, fixed } = this.#ports
    return { policy: await store.policy(host.hostname), settings: Object.values(fixed) }
  }

  /**
   * Works out how many codes members could create at once under a policy: by the rule of earning, over all active accounts
   * whose invites are not disabled. None as long as members can't earn, since the PDS's codes were not imported.
   */
  async previewPolicy(policy: Policy): Promise<PolicyPreview> {
    const { store, host, now, nextTurn } = this.#ports
    const at = now()
    let preview: PolicyPreview = { accounts: 0, codes: 0, unknown: 0 }
    const { earningSince = null } = (await store.host(host.hostname)) ?? {}
    if (earningSince === null || policy.interval === null) return preview
    let after: string | null = null
    let left = ASKED
    do {
      const part: EarningPart = await store.listEarners({
        host: host.hostname,
        after,
        limit: EARNERS_AT_ONCE,
      })
      const asked = part.members.filter(({ createdAt }) => createdAt === null).slice(0, left)
      left -= asked.length
      const learnt = await this.#joinedAt(asked.map(({ did }) => did))
      if (learnt === undefined) left = 0
      const counts = part.members.flatMap(({ did, createdAt, codes }) => {
        const since = createdAt ?? learnt?.get(did)?.createdAt
        return since === undefined ? [] : [codesToCreate(at, since, codes, policy)]
      })
      preview = {
        accounts: preview.accounts + counts.filter((count) => count > 0).length,
        codes: preview.codes + counts.reduce((sum, count) => sum + count, 0),
        unknown: preview.unknown + part.members.length - counts.length,
      }
      after = part.last
      await nextTurn()
    } while (after !== null)
    return preview
  }

  /** @returns undefined when the PDS can't be asked; it is not asked again then */
  async #joinedAt(dids: readonly string[]): Promise<ReadonlyMap<string, MemberFacts> | undefined> {
    if (dids.length === 0) return new Map()
    // A preview without them says so: that is better than none.
    return this.#ports.findMembers(dids).catch(() => undefined)
  }

  /**
   * Changes how members earn.
   *
   * @param actor who does it, for the audit log
   * @throws {InviteError} `InvalidRequest` where a setting would undo the change at the next start
   */
  async setPolicy(actor: string, policy: Policy): Promise<void> {
    const { store, host, fixed } = this.#ports
    const before = await store.policy(host.hostname)
    const undone = (['interval', 'epoch', 'cap'] as const).find(
      (part) => fixed[part] !== undefined && policy[part] !== before[part],
    )
    if (undone !== undefined)
      throw new InviteError(
        'InvalidRequest',
        `the setting ${fixed[undone]} writes the ${undone} at every start, and would undo this: change it there, or unset it`,
      )
    await store.setPolicy(host.hostname, policy, this.#deed(actor))
  }

  #deed(actor: string): Deed {
    return makeDeed(actor, this.#ports)
  }
}
