import type { History, CodeState, MemberState } from './history.ts'
import type { PolicyRow } from './journal.ts'

/** A request of a member's for its codes, and what was known when it began. */
export interface Asked {
  readonly did: string
  readonly includeUsed: boolean
  readonly createAvailable: boolean
  /** The last change that was committed before it began. */
  readonly lower: number
  /** Milliseconds since the Unix epoch, before it was sent. */
  readonly begun: number
}

/** A successful answer, and what was known when it had come. */
export interface Answered {
  readonly codes: unknown
  /** The last change that was committed when the answer had come. */
  readonly upper: number
  /** Milliseconds since the Unix epoch, after it came. */
  readonly ended: number
}

/**
 * Holds an answer against the history of what was committed.
 *
 * It is right when it is what one committed state of the member looks like, of those from `lower` to `upper`, at one
 * instant from `begun` to `ended`. That is sound: the state that an honest server read was committed when it read it,
 * so before the answer came (not after `upper`), and whatever was committed before the request began was there to be
 * read (not before `lower`). And nothing else is right: what is older shows up as a state before `lower`, what was
 * rolled back or not committed yet as none at all or one after `upper`. All run on one machine, whose clock is
 * taken not to go back. Where one transaction made several changes to one member, the states between them count as
 * committed too, which is too kind to a server that would tear them apart.
 *
 * With `createAvailable` all that was earned when the request began must be there: see {@link lacksEarned}.
 *
 * @returns what is wrong, and what was expected; undefined when all is right
 */
export function judge(history: History, asked: Asked, answered: Answered): object | undefined {
  const states = history.memberBetween(asked.did, asked.lower, answered.upper)
  const heard = JSON.stringify(answered.codes)
  const fitting = states.filter((state) => fits(state, heard, asked, answered))
  if (fitting.length === 0) return explain(history, states, heard, asked, answered)
  if (asked.createAvailable && fitting.every((state) => lacksEarned(history, states, state, asked, answered)))
    return {
      wrong: 'a code that was earned before the request began is missing',
      policies: history.policyBetween(asked.lower, answered.upper),
      account: states[0]?.account,
      routine: states[0]?.codes.filter(({ ordinal }) => ordinal !== null),
    }
  return undefined
}

/** Whether an answer is what a state looks like at one instant of the request. */
function fits(
  state: MemberState,
  heard: string,
  asked: Pick<Asked, 'begun' | 'includeUsed'>,
  { ended }: Pick<Answered, 'ended'>,
): boolean {
  const { begun, includeUsed } = asked
  const expiries = state.codes.flatMap(({ expiresAt }) => expiresAt ?? [])
  const instants = [begun, ...expiries.filter((at) => at > begun && at <= ended)]
  return instants.some((at) => heard === view(state, at, includeUsed))
}

/** What `getAccountInviteCodes` says of a state at an instant, as JSON. */
function view({ codes }: MemberState, at: number, includeUsed: boolean): string {
  const shown = codes
    .filter(
      ({ disabledAt, expiresAt, uses, available }) =>
        disabledAt === null &&
        (expiresAt === null || at < expiresAt) &&
        (includeUsed || uses.length < available),
    )
    .toSorted((one, other) => one.createdAt - other.createdAt || compare(one.code, other.code))
  return `[${shown.map(textOf).join()}]`
}

const texts = new WeakMap<CodeState, string>()

function textOf(state: CodeState): string {
  const known = texts.get(state)
  if (known !== undefined) return known
  const { code, available, owner, createdBy, createdAt } = state
  const uses = state.uses
    .toSorted((one, other) => other.usedAt - one.usedAt || compare(one.usedBy, other.usedBy))
    .map(({ usedBy, usedAt }) => ({ usedBy, usedAt: iso(usedAt) }))
  const shown = { code, available, disabled: false, forAccount: owner, createdBy, createdAt: iso(createdAt) }
  const text = JSON.stringify({ ...shown, uses })
  texts.set(state, text)
  return text
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

/**
 * Whether the answer that shows `state` lacks a code that the server had to make. The server looked at one of the states
 * from `lower` to `state`, under one of the policies, and not before `begun`; as time passes ever more is due. So whatever
 * it looked at, the member now has at least as many routine codes as it had then and as were due then. Who may not earn
 * for a while, or whose age is not known yet, is not judged.
 */
function lacksEarned(
  history: History,
  states: readonly MemberState[],
  state: MemberState,
  { lower, begun }: Asked,
  { upper }: Answered,
): boolean {
  if (states.some(({ account }) => account?.invitesDisabled === 1)) return false
  const policies = history.policyBetween(lower, upper)
  const has = highestOrdinal(state)
  const seen = states.filter(({ seq }) => seq <= state.seq)
  return seen.every((looked) =>
    policies.every((policy) => {
      const createdAt = looked.account?.createdAt ?? null
      if (createdAt === null) return false
      return has < highestOrdinal(looked) + dueOf(looked, createdAt, policy, begun)
    }),
  )
}

function highestOrdinal({ codes }: MemberState): number {
  return Math.max(0, ...codes.map(({ ordinal }) => ordinal ?? 0))
}

/** How many codes a member is to be given: DESIGN's rule of earning, worked out once more. */
function dueOf(
  { codes }: MemberState,
  createdAt: number,
  { interval, epoch, cap }: PolicyRow,
  at: number,
): number {
  if (interval === null) return 0
  const lived = Math.floor((at - createdAt) / interval)
  const before = createdAt < epoch ? Math.floor((epoch - createdAt) / interval) : 0
  const routine = codes.filter(({ ordinal }) => ordinal !== null)
  const open = routine.filter(
    ({ disabledAt, expiresAt, uses, available }) =>
      disabledAt === null && (expiresAt === null || at < expiresAt) && uses.length < available,
  )
  const made = routine.filter(
    (code) => (code.firstMadeAt ?? code.createdAt) > epoch && !wasSwitchedOffUnused(code),
  )
  return Math.max(0, Math.min(cap - open.length, lived - before - made.length))
}

function wasSwitchedOffUnused({ switchedOffAt, disabledAt, uses, reserved }: CodeState): boolean {
  return switchedOffAt !== null && switchedOffAt === disabledAt && uses.length + reserved === 0
}

/** Tells answers that were true once from those that never were, and how one differs from what it comes closest to. */
function explain(
  history: History,
  states: readonly MemberState[],
  heard: string,
  asked: Asked,
  answered: Answered,
): object {
  const shown = textsOf(heard)
  const [closest] = states
    .map((state) => {
      const right = textsOf(view(state, asked.begun, asked.includeUsed))
      return {
        state: state.seq,
        expected: right,
        missing: right.filter((code) => !shown.includes(code)),
        extra: shown.filter((code) => !right.includes(code)),
      }
    })
    .toSorted((one, other) => weigh(one) - weigh(other))
  const everSince = { includeUsed: asked.includeUsed, begun: 0 }
  const like = history.allOf(asked.did).findLast((state) => fits(state, heard, everSince, answered))?.seq
  const first = states[0]?.seq ?? 0
  let wrong = 'this was not committed'
  if (like !== undefined && like <= answered.upper)
    wrong =
      like < first
        ? `this is older than the request: it is of change ${like}`
        : 'this shows what had expired before the request began'
  return { wrong, states: states.map(({ seq }) => seq), closest }
}

function textsOf(list: string): readonly string[] {
  return (JSON.parse(list) as readonly unknown[]).map((code) => JSON.stringify(code))
}

function weigh({ missing, extra }: { missing: readonly string[]; extra: readonly string[] }): number {
  return missing.length + extra.length
}
