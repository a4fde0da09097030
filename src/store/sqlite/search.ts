import type { DatabaseSync } from 'node:sqlite'
import { codeBeginning, partOfLetters } from '../../invites/code.ts'
import type { CodeState } from '../../invites/predicates.ts'
import {
  type CodeKind,
  type CodeSearch,
  CODES_SEARCHED,
  type ExportedCode,
  NOTES_SEARCHED,
  OWNERS_SEARCHED,
  type SearchStore,
  USES_SHOWN,
} from '../../invites/search.ts'
import type { ListingPosition, SortOrder } from '../../invites/store.ts'
import { ADMIN, type Instant } from '../../invites/types.ts'
import type { Connection } from './file/connection.ts'
import { peopleReader } from './rows/people.ts'
import { CODE_COLUMNS, type CodeRow, prepareRows, type Rows, toCode } from './rows/rows.ts'

type NotedRow = [...CodeRow, note: string | null]
type FoundRow = [...position: number[], code: string]
type Standing = 'usedUp' | 'disabled' | 'lasting' | 'expiring'
type Parameters = Record<string, string | number>

const ORDERS: Record<SortOrder, Readonly<Record<'columns' | 'after' | 'by', string>>> = {
  recent: {
    columns: 'created_at, code',
    after: '$createdAt, $code',
    by: 'created_at DESC, code DESC',
  },
  usage: {
    columns: 'used, created_at, code',
    after: '$used, $createdAt, $code',
    by: 'used DESC, created_at DESC, code DESC',
  },
}
const STANDINGS: readonly Standing[] = ['usedUp', 'disabled', 'lasting', 'expiring']
const STANDINGS_OF: Record<CodeState, readonly Standing[]> = {
  usedUp: ['usedUp'],
  disabled: ['disabled'],
  open: ['lasting', 'expiring'],
  expired: ['expiring'],
}
const LAST = Number.MAX_SAFE_INTEGER
const BEFORE_ALL: ListingPosition = { used: LAST, createdAt: LAST, code: '' }
const AFTER_NONE = { createdAt: -1, code: '' }

/** So many codes with one beginning are gathered and sorted; of more, a listing holds enough to be walked along. */
const BEGINNINGS_GATHERED = 5000

/** Likewise of codes whose time is up, or is not, among those that have an expiry. */
const TIMELY_GATHERED = 20_000

/** The random letters of a code, and the dash between their groups. */
const LETTERS = 11

/** The plus keeps SQLite from finding by it, and sorting, what is a listing to walk along: it would, once it was analyzed. */
const BEGINNING = 'AND +code >= $from AND +code < $to'

/** Greater than whatever continues a text. */
const END = '\u{10ffff}'

/** How shelves tell earned codes, those gifted to members, and the operator's own. */
const EARNED = 0
const TO_MEMBERS = 1
const OWN = 2
const KINDS_OF: Record<CodeKind, readonly number[]> = { earned: [EARNED], gifted: [TO_MEMBERS, OWN] }

/** What is asked for, with the owners and notes that the query was found to mean. */
interface Wanted extends Pick<CodeSearch, 'state' | 'kind' | 'sort'> {
  readonly beginning: 'none' | 'rare' | 'frequent'
  /** Whether its letters are random ones of some codes. */
  readonly endings: boolean
  /** Whether the operator's own codes are meant. */
  readonly own: boolean
  /** Whether few codes that expire are in the state asked for. */
  readonly fewTimely: boolean
  readonly owners: boolean
  readonly notes: boolean
}

/** What a query was found to mean. */
type Meaning = Pick<Wanted, 'beginning' | 'endings' | 'own' | 'owners' | 'notes'>

const NOTHING: Meaning = { beginning: 'none', endings: false, own: false, owners: false, notes: false }

/**
 * The statement that finds the names of a page of codes. Each way to find codes is read in the order of the page, no
 * further than the page's length where an index has that order, and what they found is merged.
 */
export function searchSql(wanted: Wanted): string {
  const { beginning, endings, own, owners, notes } = wanted
  const isListing = beginning === 'none' && !endings && !own && !owners && !notes
  const ways = [
    ...(isListing ? shelves(wanted) : []),
    ...(beginning === 'frequent' ? shelves(wanted, BEGINNING) : []),
    ...(beginning === 'rare'
      ? [way(wanted, 'sqlite_autoindex_invite_code_1', '+host = $host AND code >= $from AND code < $to')]
      : []),
    ...(endings
      ? [way(wanted, 'sqlite_autoindex_invite_code_1', `+host = $host AND code IN (${listed('$endings')})`)]
      : []),
    ...(own ? shelvesOf(wanted, [OWN], `AND +for_account = '${ADMIN}'`) : []),
    ...(owners
      ? [way(wanted, 'invite_code_owner', `+host = $host AND for_account IN (${listed('$owners')})`)]
      : []),
    ...(notes
      ? [way(wanted, `invite_code_note_${wanted.sort}`, `host = $host AND note IN (${listed('$notes')})`)]
      : []),
  ]
  return `${ways.join('\nUNION\n')}\nORDER BY ${ORDERS[wanted.sort].by} LIMIT $limit`
}

/** Along the listings, each of which holds codes that are alike in standing and kind. */
function shelves(wanted: Wanted, among = ''): string[] {
  const { state, kind, sort } = wanted
  if (state === null && kind === null) return [page(sort, `invite_code_${sort}`, `host = $host ${among}`)]
  return shelvesOf(wanted, kind === null ? [EARNED, TO_MEMBERS, OWN] : KINDS_OF[kind], among)
}

function shelvesOf(wanted: Wanted, kinds: readonly number[], among = ''): string[] {
  const { state, sort, fewTimely } = wanted
  return (state === null ? STANDINGS : STANDINGS_OF[state]).flatMap((standing) => {
    if (standing === 'expiring' && fewTimely)
      return [way(wanted, 'invite_code_expiry', `host = $host ${timely(state)} ${among}`)]
    return kinds.map((kind) => {
      const time = standing === 'expiring' ? timely(state) : ''
      const shelf = `host = $host AND standing = '${standing}' AND kind = ${kind} ${time} ${among}`
      return page(sort, `invite_code_shelf_${sort}`, shelf)
    })
  })
}

/** Through rows that are found by something else than their order. */
function way({ state, kind, sort }: Wanted, index: string, found: string): string {
  const standings = state === null ? STANDINGS : STANDINGS_OF[state]
  const filters = [
    found,
    ...(state === null ? [] : [`(${standings.map((standing) => inState(standing, state)).join(' OR ')})`]),
    ...(kind === null ? [] : [`gifted = ${kind === 'gifted' ? 1 : 0}`]),
  ]
  return page(sort, index, filters.join(' AND '))
}

function inState(standing: Standing, state: CodeState): string {
  return `standing = '${standing}' ${standing === 'expiring' ? timely(state) : ''}`
}

function timely(state: CodeState | null): string {
  if (state === 'open') return 'AND expires_at > $now'
  return state === 'expired' ? 'AND expires_at <= $now' : ''
}

function page(sort: SortOrder, index: string, condition: string): string {
  const { columns, after, by } = ORDERS[sort]
  return `SELECT * FROM (SELECT ${columns} FROM invite_code INDEXED BY ${index}
    WHERE ${condition} AND (${columns}) < (${after})
    ORDER BY ${by} LIMIT $limit)`
}

function listed(parameter: string): string {
  return `SELECT value FROM json_each(${parameter})`
}

export const OWNERS_BY_HANDLE = `
  SELECT did FROM account WHERE host = ? AND handle >= ? AND handle < ? ORDER BY handle LIMIT ${OWNERS_SEARCHED}`

/** Of codes that are spelled as the host's own are, the letters follow what all of them begin with. */
export const CODES_BY_LETTERS = `
  SELECT code FROM invite_code WHERE code >= $ours AND code < $ours || '${END}' AND length(code) = $length
  LIMIT ${CODES_SEARCHED}`

/** Of codes that are not; the condition is in the words of the index that holds no others. */
export const CODES_BY_ENDING = `
  SELECT code FROM invite_code
  WHERE substr(code, -11) >= $letters AND substr(code, -11) < $letters || '${END}'
    AND substr(code, 1, length(code) - 11) <> replace(host, '.', '-') || '-'
  LIMIT ${CODES_SEARCHED}`

export const NOTES_BY_WORDS = `
  SELECT note FROM code_note WHERE id IN (
    SELECT rowid FROM code_note_words WHERE code_note_words MATCH ? ORDER BY rowid DESC LIMIT ${NOTES_SEARCHED})`

export const EXPORT = `
  SELECT ${CODE_COLUMNS}, note FROM invite_code WHERE host = ? AND (created_at, code) > (?, ?)
  ORDER BY created_at, code LIMIT ?`

export const NEWEST_USES =
  'SELECT used_by, used_at FROM invite_use WHERE code = ? ORDER BY used_at DESC LIMIT ?'

/** Finding codes, for operators. */
export function searchMethods({ db, read }: Connection): SearchStore {
  const prepared = statements(db)
  const ownersByHandle = prepareRows<[did: string]>(db, OWNERS_BY_HANDLE)
  const notesByWords = prepareRows<[note: string]>(db, NOTES_BY_WORDS)
  const codesByLetters = prepareRows<[code: string]>(db, CODES_BY_LETTERS)
  const codesByEnding = prepareRows<[code: string]>(db, CODES_BY_ENDING)
  const countBeginning = prepareRows<[number]>(
    db,
    'SELECT count(*) FROM (SELECT 1 FROM invite_code WHERE code >= ? AND code < ? LIMIT ?)',
  )
  const countTimely = (comparison: '>' | '<=') =>
    prepareRows<[number]>(
      db,
      `SELECT count(*) FROM (SELECT 1 FROM invite_code INDEXED BY invite_code_expiry
                             WHERE host = ? AND expires_at ${comparison} ? LIMIT ${TIMELY_GATHERED + 1})`,
    )
  const timelyBy = { open: countTimely('>'), expired: countTimely('<=') }
  const rowsNamed = prepareRows<NotedRow>(
    db,
    `SELECT ${CODE_COLUMNS}, note FROM json_each(?) CROSS JOIN invite_code ON code = value ORDER BY key`,
  )
  const exported = prepareRows<NotedRow>(db, EXPORT)
  const newestUses = prepareRows<[did: string, at: number]>(db, NEWEST_USES)
  const hostOf = prepareRows<[host: string]>(db, 'SELECT host FROM invite_code WHERE code = ?')
  const findPerson = prepareRows<[did: string]>(
    db,
    `SELECT did FROM account WHERE did = $name AND host = $host AND status <> 'deleted'
     UNION ALL
     SELECT did FROM account WHERE host = $host AND handle = lower($name) AND status <> 'deleted'`,
  )
  const peopleOf = peopleReader(db)

  /** What a query means, and the statement's parameters for it. @returns undefined when it can mean nothing */
  function understand(query: string, { host, kind }: CodeSearch): [Meaning, Parameters] | undefined {
    if (query === '') return [NOTHING, {}]
    if (query.startsWith('did:')) return [{ ...NOTHING, owners: true }, { owners: JSON.stringify([query]) }]
    const handle = query.replace(/^@/, '').toLowerCase()
    const owners = handle === '' ? [] : ownersByHandle.all(host, handle, handle + END).map(([did]) => did)
    const words = wordsOf(query)
    const notes = words === '' ? [] : notesByWords.all(words).map(([note]) => note)
    const codes = countBeginning.get(query, query + END, BEGINNINGS_GATHERED + 1)?.[0] ?? 0
    const beginning = codes === 0 ? 'none' : codes <= BEGINNINGS_GATHERED ? 'rare' : 'frequent'
    const endings = codesWith(query, host)
    const meaning = {
      beginning,
      endings: endings.length > 0,
      own: query.toLowerCase() === ADMIN && kind !== 'earned',
      owners: owners.length > 0,
      notes: notes.length > 0,
    } as const
    if (Object.values(meaning).every((one) => one === false || one === 'none')) return undefined
    const named = {
      endings: JSON.stringify(endings),
      owners: JSON.stringify(owners),
      notes: JSON.stringify(notes),
    }
    return [meaning, { ...named, from: query, to: query + END }]
  }

  /** The codes whose random letters begin so. */
  function codesWith(query: string, host: string): readonly string[] {
    const letters = partOfLetters(query)
    if (letters === undefined) return []
    const beginning = codeBeginning(host)
    const length = beginning.length + LETTERS
    const found = [
      ...codesByLetters.all({ ours: beginning + letters, length }),
      ...codesByEnding.all({ letters }),
    ]
    return found.map(([code]) => code)
  }

  function areFewTimely(state: CodeState | null, host: string, now: Instant): boolean {
    if (state !== 'open' && state !== 'expired') return false
    return (timelyBy[state].get(host, now)?.[0] ?? 0) <= TIMELY_GATHERED
  }

  function withPeople(rows: readonly NotedRow[], host: string): readonly ExportedCode[] {
    const codes = rows.map((row) => ({
      ...toCode(row),
      note: row.at(-1) as string | null,
    }))
    const people = peopleOf(
      codes.map(({ forAccount }) => forAccount).filter((owner) => owner !== ADMIN),
      host,
    )
    return codes.map((code) => ({ ...code, owner: people.get(code.forAccount) ?? null }))
  }

  function usesOf(code: string, host: string, limit: number) {
    const uses = newestUses.all(code, limit)
    const people = peopleOf(
      uses.map(([did]) => did),
      host,
    )
    return uses.flatMap(([did, at]) => {
      const by = people.get(did)
      return by === undefined ? [] : [{ by, at }]
    })
  }

  return {
    searchCodes: (search) =>
      read(() => {
        const { host, query, state, kind, sort, limit, after, now } = search
        const understood = understand(query.trim(), search)
        if (understood === undefined) return []
        const [meaning, meant] = understood
        const { used, createdAt, code } = after ?? BEFORE_ALL
        const wanted = { ...meaning, state, kind, sort, fewTimely: areFewTimely(state, host, now) }
        const names = prepared(wanted, { ...meant, host, used, createdAt, code, limit, now })
        const found = withPeople(rowsNamed.all(JSON.stringify(names)), host)
        return found.map((one) => ({
          ...one,
          uses: one.used === 0 ? [] : usesOf(one.code, host, USES_SHOWN),
        }))
      }),

    exportCodes: ({ host, limit, after }) =>
      read(() => {
        const { createdAt, code } = after ?? AFTER_NONE
        return withPeople(exported.all(host, createdAt, code, limit), host)
      }),

    usesOfCode: (code, limit) =>
      read(() => {
        const [host] = hostOf.get(code) ?? []
        return host === undefined ? [] : usesOf(code, host, limit)
      }),

    findPerson: (host, name) =>
      read(() => {
        const [did] = findPerson.get({ name, host }) ?? []
        return did === undefined ? undefined : peopleOf([did], host).get(did)
      }),
  }
}

/** Runs searches, each kind of which is prepared once. */
function statements(db: DatabaseSync): (wanted: Wanted, parameters: Parameters) => readonly string[] {
  const known = new Map<string, { readonly rows: Rows<FoundRow>; readonly names: ReadonlySet<string> }>()
  return (wanted, parameters) => {
    const sql = searchSql(wanted)
    const statement = known.get(sql) ?? {
      rows: prepareRows<FoundRow>(db, sql),
      names: new Set([...sql.matchAll(/\$(\w+)/g)].map(([, name = '']) => name)),
    }
    known.set(sql, statement)
    const used = Object.entries(parameters).filter(([name]) => statement.names.has(name))
    return statement.rows.all(Object.fromEntries(used)).map((row) => row.at(-1) as string)
  }
}

/**
 * The words of a query as FTS5 wants them: each in quotes, each the beginning of a word; all of them have to occur. NUL is
 * in no word, and would end the whole text within its quotes.
 */
function wordsOf(query: string): string {
  return query
    .split(/[\s\0]+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .map((word) => `"${word.replaceAll('"', '""')}"*`)
    .join(' ')
}
