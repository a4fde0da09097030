import { codeOf, didOf, userOf } from './names.ts'

/** Members that are alike. */
interface Group {
  readonly members: number
  readonly codesEach: number
  /** So many of them, spread over all, have a gifted code that some people used, in the place of the first earned one. */
  readonly gifted?: number
}

/** What a measurement finds in the databases. */
export interface DataSet {
  readonly name: string
  readonly groups: readonly Group[]
}

/** The host that everything belongs to. Nobody looks it up. */
export const HOSTNAME = 'pds.bench.test'

/** Milliseconds in which a member earns a code, ten years: what was earned is worked out each time, and it is nothing. */
export const INTERVAL = 3650 * 86_400_000

export const MEMBERS_PER_GROUP = 10_000

export const MEMBERS: DataSet = {
  name: 'members',
  groups: [
    { members: MEMBERS_PER_GROUP, codesEach: 5 },
    { members: MEMBERS_PER_GROUP, codesEach: 20 },
  ],
}

/** A million members, each with one code. */
export const CROWD: DataSet = { name: 'crowd', groups: [{ members: 1_000_000, codesEach: 1 }] }

const LISTED_CODES_EACH = 5

/** As many in each set, so that the most used codes are the same page in all sizes. */
const GIFTED = 100

/** So many codes, for listings. */
export function codes(count: number): DataSet {
  const group = { members: count / LISTED_CODES_EACH, codesEach: LISTED_CODES_EACH, gifted: GIFTED }
  return { name: `codes-${count}`, groups: [group] }
}

export interface SeededMember {
  readonly number: number
  readonly did: string
  readonly createdAt: number
}

export interface SeededCode {
  readonly code: string
  readonly owner: string
  /** Its number among the codes that its owner earned; undefined for a gifted one. */
  readonly ordinal: number | undefined
  readonly createdAt: number
  readonly available: number
  readonly uses: readonly { readonly usedBy: string; readonly usedAt: number }[]
}

const BEGINNING = Date.parse('2026-01-01T00:00:00Z')
const MINUTE = 60_000

/** Two of five earned codes were used. */
const CYCLE = 5
const USED_OF_CYCLE = 2
const GIFTED_USES = { available: 5, used: 3 }

/** The members of a set, one after the other. */
export function* membersOf({ groups }: DataSet): Generator<SeededMember & { readonly group: Group }> {
  let number = 0
  for (const group of groups) {
    for (let index = 0; index < group.members; index++, number++) {
      yield { number, did: didOf(number), createdAt: BEGINNING, group }
    }
  }
}

/** The codes of a set, one after the other. */
export function* codesOf(set: DataSet): Generator<SeededCode> {
  for (const { number, did, group } of membersOf(set)) {
    const isGifted = group.gifted !== undefined && number % (group.members / group.gifted) === 0
    for (let index = 0; index < group.codesEach; index++) {
      const code = codeOf(HOSTNAME, number, index)
      // In listings the codes of one member stand apart.
      const createdAt = BEGINNING + MINUTE * index + number
      const gifted = isGifted && index === 0
      const used = gifted ? GIFTED_USES.used : index % CYCLE < USED_OF_CYCLE ? 1 : 0
      yield {
        code,
        owner: did,
        ordinal: gifted ? undefined : index + 1,
        createdAt,
        available: gifted ? GIFTED_USES.available : 1,
        uses: Array.from({ length: used }, (_, use) => ({
          usedBy: userOf(code, use),
          usedAt: createdAt + MINUTE * (use + 1),
        })),
      }
    }
  }
}
