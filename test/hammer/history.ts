import { DatabaseSync } from 'node:sqlite'
import {
  type AccountRow,
  accountJson,
  codeJson,
  type CodeRow,
  type Entry,
  installJournal,
  type PolicyRow,
  useJson,
  type UseRow,
} from './journal.ts'
import { Violation } from './violation.ts'

export interface CodeState extends CodeRow {
  /** In no particular order. */
  readonly uses: readonly UseRow[]
}

/** What was committed of a member, until the next change of it. */
export interface MemberState {
  /** The number of the change that made it so. */
  readonly seq: number
  readonly account: AccountRow | undefined
  readonly codes: readonly CodeState[]
}

export interface PolicyState extends PolicyRow {
  readonly seq: number
}

const NOTHING: MemberState = { seq: 0, account: undefined, codes: [] }
const NOBODY_EARNS: PolicyState = { seq: 0, interval: null, epoch: 0, cap: 5 }

/** All committed states of a database, from the journal that its triggers write. */
export class History implements Disposable {
  readonly #db: DatabaseSync
  readonly #news
  readonly #members = new Map<string, MemberState[]>()
  readonly #codes = new Map<string, { readonly seq: number; readonly state: CodeState }[]>()
  readonly #policies: PolicyState[] = [NOBODY_EARNS]
  #seq = 0

  /** Installs the journal. @param path a database of Latchkey's in which nothing happened yet */
  constructor(path: string) {
    this.#db = new DatabaseSync(path, { timeout: 10_000 })
    installJournal(this.#db)
    this.#news = this.#db.prepare(
      'SELECT seq, kind, owner, row FROM hammer_journal WHERE seq > ? ORDER BY seq',
    )
  }

  /**
   * Takes in what was committed meanwhile.
   *
   * @returns the number of the last change that is committed
   * @throws {Violation} when there is something of an operation that was made to fail
   */
  look(): number {
    for (const { seq, kind, owner, row } of this.#news.all(this.#seq)) {
      this.#seq = Number(seq)
      this.#take({ seq: this.#seq, kind, owner, row: JSON.parse(String(row)) as unknown } as Entry)
    }
    return this.#seq
  }

  #take(entry: Entry): void {
    const { seq, owner } = entry
    switch (entry.kind) {
      case 'policy':
        this.#policies.push({ seq, ...entry.row })
        return
      case 'account':
        this.#push(owner, { ...this.#now(owner), seq, account: entry.row })
        return
      case 'code': {
        if (entry.row.refused === 1)
          throw new Violation('a part of what failed was committed', { change: entry })
        this.#pushCode(seq, { ...entry.row, uses: this.code(entry.row.code)?.uses ?? [] })
        return
      }
      case 'use':
      case 'unuse': {
        const code = this.code(entry.row.code)
        if (code === undefined) throw new Violation('a code that does not exist was used', { change: entry })
        const { usedBy, usedAt } = entry.row
        const others = code.uses.filter((use) => use.usedBy !== usedBy || use.usedAt !== usedAt)
        this.#pushCode(seq, { ...code, uses: entry.kind === 'use' ? [...others, entry.row] : others })
      }
    }
  }

  #push(did: string, state: MemberState): void {
    const states = this.#members.get(did)
    if (states === undefined) this.#members.set(did, [NOTHING, state])
    else states.push(state)
  }

  #pushCode(seq: number, state: CodeState): void {
    const versions = this.#codes.get(state.code)
    if (versions === undefined) this.#codes.set(state.code, [{ seq, state }])
    else versions.push({ seq, state })
    const member = this.#now(state.owner)
    const others = member.codes.filter(({ code }) => code !== state.code)
    this.#push(state.owner, { ...member, seq, codes: [...others, state] })
  }

  #now(did: string): MemberState {
    return this.#members.get(did)?.at(-1) ?? NOTHING
  }

  /** A code as it is now. */
  code(name: string): CodeState | undefined {
    return this.#codes.get(name)?.at(-1)?.state
  }

  /** A member as it is now. */
  member(did: string): MemberState {
    return this.#now(did)
  }

  /** What a code went through from one change to another, first as it was at `lower`; nothing when it did not exist. */
  codeBetween(name: string, lower: number, upper: number): readonly CodeState[] {
    return between(this.#codes.get(name) ?? [], lower, upper).map(({ state }) => state)
  }

  /** What a member went through, first as it was at `lower`. */
  memberBetween(did: string, lower: number, upper: number): readonly MemberState[] {
    return between(this.#members.get(did) ?? [NOTHING], lower, upper)
  }

  /** What the policy went through, first as it was at `lower`. */
  policyBetween(lower: number, upper: number): readonly PolicyState[] {
    return between(this.#policies, lower, upper)
  }

  /** All states of a member, the oldest first. */
  allOf(did: string): readonly MemberState[] {
    return this.#members.get(did) ?? [NOTHING]
  }

  /** A member as the tables themselves have it, read past the journal. */
  plain(did: string): MemberState {
    const rows = <T>(sql: string): T[] =>
      this.#db
        .prepare(sql)
        .all(did)
        .map(({ row }) => JSON.parse(String(row)) as T)
    const uses = rows<UseRow>(
      `SELECT ${useJson('u')} AS row FROM invite_use u JOIN invite_code c ON c.code = u.code WHERE c.for_account = ?`,
    )
    const codes = rows<CodeRow>(`SELECT ${codeJson('c')} AS row FROM invite_code c WHERE for_account = ?`)
    const [account] = rows<AccountRow>(`SELECT ${accountJson('a')} AS row FROM account a WHERE did = ?`)
    return {
      seq: this.#seq,
      account,
      codes: codes.map((code) => ({ ...code, uses: uses.filter((use) => use.code === code.code) })),
    }
  }

  /** How many codes there are: earned ones, and those that have expired at an instant. */
  figures(at: number): { readonly changes: number; readonly earned: number; readonly expired: number } {
    const codes = [...this.#codes.values()].flatMap((versions) => versions.at(-1)?.state ?? [])
    return {
      changes: this.#seq,
      earned: codes.filter(({ ordinal }) => ordinal !== null).length,
      expired: codes.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= at).length,
    }
  }

  /** How many sign-ups are unfinished. */
  unfinished(): number {
    const sql =
      "SELECT count(*) AS open FROM reservation WHERE state IN ('reserved', 'forwarded', 'settling')"
    return Number(this.#db.prepare(sql).get()?.['open'])
  }

  /** Whether members can earn at all. */
  earningIsOpen(): boolean {
    const sql = 'SELECT count(*) AS open FROM host WHERE earning_since IS NOT NULL'
    return this.#db.prepare(sql).get()?.['open'] === 1
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }
}

/** The last one until `lower`, and those after it until `upper`; both included. */
function between<T extends { readonly seq: number }>(
  states: readonly T[],
  lower: number,
  upper: number,
): readonly T[] {
  const end = states.findLastIndex(({ seq }) => seq <= upper)
  let start = end
  while (start > 0 && (states[start]?.seq ?? 0) > lower) start -= 1
  return states.slice(Math.max(start, 0), end + 1)
}
