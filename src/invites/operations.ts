import { type AuditEvent, type Deed, type ListedEvent, type LogPosition, makeDeed } from './audit.ts'
import {
  type BatchAction,
  type CodeTerms,
  isAboutInvites,
  isUnderWay,
  LATEST,
  type ListedBatch,
  type NewBatch,
  PART,
  type UndoCounts,
} from './batches.ts'
import { type RandomBytes, withNewCodes } from './code.ts'
import { InviteError } from './errors.ts'
import { countSwitchable, exportedCodes, previewUndo, switchableCodes } from './looking.ts'
import type { CodeSearch, ExportedCode, FoundCode, UseByPerson } from './search.ts'
import type { InviteLimits, MemberFacts } from './service.ts'
import type { InviteStore } from './store.ts'
import { ADMIN, type Host, type Instant } from './types.ts'

/** What operations need from the outside. */
export interface OperationsPorts {
  readonly store: InviteStore
  readonly host: Host
  /** Asks the PDS for accounts by DID; those it does not have are missing from the answer. */
  readonly findMembers: (dids: readonly string[]) => Promise<ReadonlyMap<string, MemberFacts>>
  readonly now: () => Instant
  readonly random: RandomBytes
  readonly limits: InviteLimits
  /** Waits between two parts of a batch, so that other writers get their turn. */
  readonly breathe: () => Promise<void>
  /** Lets whatever waits for this process have its turn, between two looks at many rows. */
  readonly nextTurn: () => Promise<unknown>
}

/** What codes are made with. */
export interface WantedCodes {
  readonly count: number
  readonly uses: number
  readonly expiresAt?: Instant | undefined
  readonly note?: string | undefined
}

/** Which codes are disabled or enabled. */
export interface WantedSwitch {
  readonly codes: readonly string[]
  /** DIDs; see `BatchStore.codesToSwitch` for which of their codes. */
  readonly owners: readonly string[]
  readonly disabled: boolean
  readonly note?: string | undefined
}

/** How many codes an action reaches, and accounts: without a batch, would reach. */
export interface Reach {
  readonly batch?: string
  readonly codes: number
  readonly accounts: number
}

const UNDER_WAY = 'The same was begun a moment ago: wait for it, or undo it'

/** So many of those that an action reached are named in the log. */
const NAMED = 20

/** So many of those who came in with a replaced code are told of. */
const JOINED = 1000

/**
 * What operators do with codes and accounts. Whatever touches many is a batch, done in parts of at most {@link PART} rows
 * with a pause after each, so that nobody else waits long for the database. When the process dies in between, what was
 * done until then is in the batch, which stays unfinished, and can be undone.
 */
export class Operations {
  readonly #ports: OperationsPorts

  constructor(ports: OperationsPorts) {
    this.#ports = ports
  }

  /**
   * Makes gifted codes for one owner.
   *
   * @param wanted.owner DID or handle of an account; undefined for the operator's own
   * @throws {InviteError} `InvalidRequest` for counts out of bounds or an expiry that is past, `UnknownOwner`
   */
  async createCodes(
    wanted: WantedCodes & { readonly owner?: string | undefined },
    actor: string,
  ): Promise<{ readonly batch: string; readonly codes: readonly string[] }> {
    const terms = this.#terms(wanted)
    const { count } = wanted
    requireBetween('count', count, this.#ports.limits.codesPerRequest)
    const owner = wanted.owner === undefined ? ADMIN : await this.#ownerNamed(wanted.owner)
    const batch = this.#batch('createCodes', actor, terms.note, {
      ...(owner !== ADMIN && { subject: owner }),
      detail: { uses: wanted.uses },
    })
    const made: string[] = []
    while (made.length < count) {
      if (made.length > 0) await this.#ports.breathe()
      const size = Math.min(PART, count - made.length)
      const last = made.length + size === count
      const [, names] = await this.#withNames(size, (fresh) =>
        this.#ports.store.makeCodes(batch, { codes: fresh.map((code) => ({ code, owner })), terms, last }),
      )
      made.push(...names)
    }
    return { batch: batch.id, codes: made }
  }

  /**
   * Gives every active account that may be given codes so many.
   *
   * @param wanted.count codes for each account
   * @param preview only counts
   * @throws {InviteError} as `createCodes`; `BatchUnderWay`
   */
  async giveCodes(wanted: WantedCodes, actor: string, preview: boolean): Promise<Reach> {
    const { store, host, now, limits, breathe } = this.#ports
    const terms = this.#terms(wanted)
    const { count } = wanted
    requireBetween('count', count, Math.min(limits.codesPerRequest, PART))
    const givings = await store.countGivings(host.hostname)
    const accounts = await store.countGiveable(host.hostname)
    if (preview || accounts === 0) return { accounts, codes: accounts * count }
    const latest = await store.listBatches({ host: host.hostname, limit: LATEST, after: null })
    if (isUnderWay(latest, 'giveCodes', now())) throw new InviteError('BatchUnderWay', UNDER_WAY)
    const batch = this.#batch('giveCodes', actor, terms.note, { detail: { each: count, uses: wanted.uses } })
    let after: string | null = null
    do {
      if (after !== null) await breathe()
      after = await this.#giveNext(batch, { each: count, terms, after, givings })
    } while (after !== null)
    return this.#reached(batch)
  }

  async #giveNext(
    batch: NewBatch,
    part: {
      readonly each: number
      readonly terms: CodeTerms
      readonly after: string | null
      readonly givings: number
    },
  ): Promise<string | null> {
    const size = Math.floor(PART / part.each) * part.each
    const [given] = await this.#withNames(size, (codes) =>
      this.#ports.store.giveCodes(batch, { ...part, codes }),
    )
    if (given === 'overtaken') throw new InviteError('BatchUnderWay', UNDER_WAY)
    return given.after
  }

  /**
   * Disables a code that leaked, and makes one for the same owner with the uses that were left.
   *
   * @returns the new code, and the newest of those who came in with the old one
   * @throws {InviteError} `UnknownCode`, `NotOpen`, `NotTakenOver`
   */
  async replaceCode(
    { code, note }: { readonly code: string; readonly note?: string | undefined },
    actor: string,
  ): Promise<{ readonly batch: string; readonly code: string; readonly joined: readonly UseByPerson[] }> {
    const { store } = this.#ports
    const given = textOf(note)
    const batch = this.#batch('replaceCode', actor, given, { subject: code })
    const [outcome, [replacement]] = await this.#withNames(1, ([fresh = '']) =>
      store.replaceCode(batch, { code, replacement: fresh, note: given }),
    )
    if (outcome === 'unknown') throw new InviteError('UnknownCode', 'There is no such code')
    if (outcome === 'upstream')
      throw new InviteError(
        'NotTakenOver',
        "This code is still the PDS's own: take the codes of the PDS over first",
      )
    if (outcome === 'not open' || replacement === undefined)
      throw new InviteError('NotOpen', 'The code has no uses left, is expired, or is disabled')
    return { batch: batch.id, code: replacement, joined: await store.usesOfCode(code, JOINED) }
  }

  /** Disables codes, or enables them again. @param preview only counts */
  async setCodesDisabled(wanted: WantedSwitch, actor: string, preview: boolean): Promise<Reach> {
    const { store, host, now, breathe } = this.#ports
    const { codes, owners, disabled } = wanted
    const which = { host: host.hostname, codes, owners, disabled, now: now() }
    if (preview) return countSwitchable(this.#ports, which)
    const batch = this.#batch(disabled ? 'disableCodes' : 'enableCodes', actor, textOf(wanted.note), {
      subject: subjectOf([...codes, ...owners]),
      detail: { asked: { codes: codes.slice(0, NAMED), owners: owners.slice(0, NAMED) } },
    })
    const counted = new Set<string>()
    const switchNext = async (names: readonly string[], last: boolean) => {
      const part = { codes: names, disabled, counted, last }
      const done = unlessStopped(await store.switchCodes(batch, part))
      for (const owner of done.owners) counted.add(owner)
    }
    // Some are always kept back, so that whatever comes last is known to be the last.
    let waiting: string[] = []
    for await (const found of switchableCodes(this.#ports, which)) {
      waiting.push(...found.map(({ code }) => code))
      while (waiting.length > PART) {
        await switchNext(waiting.slice(0, PART), false)
        waiting = waiting.slice(PART)
        await breathe()
      }
    }
    if (waiting.length === 0) return { codes: 0, accounts: 0 }
    await switchNext(waiting, true)
    return this.#reached(batch)
  }

  /** Lets accounts earn and be given codes, or not; codes already made stay good. @param preview only counts */
  async setInvitesDisabled(
    wanted: {
      readonly accounts: readonly string[]
      readonly disabled: boolean
      readonly note?: string | undefined
    },
    actor: string,
    preview: boolean,
  ): Promise<Omit<Reach, 'codes'>> {
    const { store } = this.#ports
    const { disabled } = wanted
    const accounts = await store.invitesToSwitch({ accounts: wanted.accounts, disabled })
    if (preview || accounts.length === 0) return { accounts: accounts.length }
    const batch = this.#batch(disabled ? 'disableInvites' : 'enableInvites', actor, textOf(wanted.note), {
      subject: subjectOf(wanted.accounts),
      detail: { asked: { accounts: accounts.slice(0, NAMED) } },
    })
    await store.switchInvites(batch, { accounts, disabled })
    return this.#reached(batch)
  }

  /**
   * Makes what a batch changed as it was, where nobody changed it since. A batch that goes on meanwhile stops.
   *
   * @param preview only counts
   * @throws {InviteError} `UnknownBatch`, `AlreadyUndone`
   */
  async undoBatch(id: string, actor: string, preview: boolean): Promise<UndoCounts> {
    const { store, host, breathe } = this.#ports
    const { hostname } = host
    if (preview) return unlessRefused(await previewUndo(this.#ports, { batch: id, host: hostname }))
    const deed = this.#deed(actor)
    for (;;) {
      const done = unlessRefused(await store.undoPart(deed, { batch: id, host: hostname, limit: PART }))
      if (done.finished) return { restored: done.restored, changedSince: done.changedSince }
      await breathe()
    }
  }

  /** A page of codes; see {@link CodeSearch}. */
  listCodes(search: Omit<CodeSearch, 'host' | 'now'>): Promise<readonly FoundCode[]> {
    const { store, host, now } = this.#ports
    return store.searchCodes({ ...search, host: host.hostname, now: now() })
  }

  /** Records that all codes of the host are read, and reads them: oldest first, a part at a time. */
  async exportCodes(actor: string): Promise<AsyncIterable<readonly ExportedCode[]>> {
    const { store, host } = this.#ports
    await store.recordEvent({
      ...this.#deed(actor),
      action: 'exportCodes',
      subject: host.hostname,
      detail: {},
    })
    return exportedCodes(store, host.hostname)
  }

  /** A page of the audit log, newest first. @param page.actor as it stands there, or the handle of an account known here */
  async listEvents(page: {
    actor: string | null
    action: string | null
    limit: number
    after: LogPosition | null
  }): Promise<readonly ListedEvent[]> {
    const { store, host } = this.#ports
    const { actor } = page
    if (actor === null || !/^(?!did:).*[@.]/.test(actor)) return store.listEvents(page)
    const named = await store.findPerson(host.hostname, actor.replace(/^@/, ''))
    return named === undefined ? [] : store.listEvents({ ...page, actor: named.did })
  }

  /** A page of batches, newest first. */
  listBatches(page: { limit: number; after: LogPosition | null }): Promise<readonly ListedBatch[]> {
    return this.#ports.store.listBatches({ host: this.#ports.host.hostname, ...page })
  }

  /** The instant that expiry is judged by. */
  now(): Instant {
    return this.#ports.now()
  }

  #deed(actor: string): Deed {
    return makeDeed(actor, this.#ports)
  }

  #batch(
    action: BatchAction,
    actor: string,
    note: string | null,
    about: { readonly subject?: string | undefined; readonly detail?: AuditEvent['detail'] },
  ): NewBatch {
    const deed = this.#deed(actor)
    const { subject = deed.id, detail = {} } = about
    // The log is kept for ever, and moderators read it.
    const kept = isAboutInvites(action) ? null : note
    const named = { ...detail, batch: deed.id, ...(kept !== null && { note: kept }) }
    return { ...deed, host: this.#ports.host.hostname, action, note, subject, detail: named }
  }

  #terms({ uses, expiresAt: given, note }: WantedCodes): CodeTerms {
    const expiresAt = given ?? null
    requireBetween('uses', uses, this.#ports.limits.usesPerCode)
    if (expiresAt !== null && !(expiresAt > this.#ports.now()))
      throw new InviteError('InvalidRequest', 'expiresAt must lie in the future')
    return { available: uses, expiresAt, note: textOf(note) }
  }

  /** An account known here, or a DID that the PDS knows. */
  async #ownerNamed(name: string): Promise<string> {
    const { store, host, findMembers } = this.#ports
    const known = await store.findPerson(host.hostname, name.replace(/^@/, ''))
    if (known !== undefined) return known.did
    if (name.startsWith('did:') && (await findMembers([name])).has(name)) return name
    throw new InviteError('UnknownOwner', `Account not found: ${name}`)
  }

  /** What a batch did, as it was counted. */
  async #reached({ id }: NewBatch): Promise<Reach & { readonly batch: string }> {
    const { store, host } = this.#ports
    const batch = await store.batch(id, host.hostname)
    if (batch === undefined) throw new Error('a batch is missing right after it was done')
    return { batch: id, codes: batch.codes, accounts: batch.accounts }
  }

  /** Does a part with so many fresh names. */
  async #withNames<T>(
    count: number,
    work: (names: readonly string[]) => Promise<T | 'collision' | 'stopped'>,
  ): Promise<readonly [T, readonly string[]]> {
    const { host, random } = this.#ports
    const [outcome, names] = await withNewCodes({ hostname: host.hostname, random, count }, work)
    return [unlessStopped<T>(outcome), names]
  }
}

function unlessStopped<T>(outcome: T | 'stopped'): T {
  if (outcome === 'stopped') throw new InviteError('BatchStopped', 'The batch was undone while it went on')
  return outcome
}

function unlessRefused<T extends object>(outcome: T | 'unknown' | 'already undone'): T {
  if (outcome === 'unknown') throw new InviteError('UnknownBatch', 'There is no such batch')
  if (outcome === 'already undone') throw new InviteError('AlreadyUndone', 'The batch was undone before')
  return outcome
}

/** An empty text says nothing. */
function textOf(note: string | undefined): string | null {
  return note?.trim() || null
}

/** What the log names, when that is one thing. */
function subjectOf(things: readonly string[]): string | undefined {
  return things.length === 1 ? things[0] : undefined
}

function requireBetween(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw new InviteError('InvalidRequest', `${name} must be between 1 and ${most}, got ${value}`)
}
