import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { com } from '../../src/lexicons/index.ts'
import type { Bench } from '../bench.ts'
import { didOf } from '../data/names.ts'
import { MEMBERS, MEMBERS_PER_GROUP } from '../data/sets.ts'
import { sessionToken } from '../data/tokens.ts'
import { Client, forEachAtOnce } from '../load/client.ts'
import type { LoadFigures } from '../load/load.ts'

/** A member who is signed in. */
export interface SignedIn {
  readonly did: string
  readonly authorization: string
}

/** Members with the same number of codes. */
export interface Crowd {
  readonly codesEach: number
  readonly members: readonly SignedIn[]
  /** The same for the load: one `did token` a line. */
  readonly file: string
}

/** What members ask; by itself it creates what was earned. */
export const OWN_CODES = `/xrpc/${com.atproto.server.getAccountInviteCodes.$nsid}`

/** So long a load goes on before a server is measured with it, in seconds: what is compiled or cached by use is then. */
const RUN_UP = 1

/** The members with so many codes each, all signed in. */
export function crowdWith({ secrets, folder }: Pick<Bench, 'secrets' | 'folder'>, codesEach: number): Crowd {
  const group = MEMBERS.groups.findIndex((candidate) => candidate.codesEach === codesEach)
  const tokens = Array.from({ length: MEMBERS_PER_GROUP }, (_, index) => {
    const did = didOf(group * MEMBERS_PER_GROUP + index)
    return { did, token: sessionToken(secrets, did) }
  })
  const file = join(folder, `members-with-${codesEach}.txt`)
  if (!existsSync(file)) writeFileSync(file, tokens.map(({ did, token }) => `${did} ${token}\n`).join(''))
  const members = tokens.map(({ did, token }) => ({ did, authorization: `Bearer ${token}` }))
  return { codesEach, members, file }
}

/** Asks once for each of some members. */
export async function askAll(url: string, members: readonly SignedIn[]): Promise<void> {
  const atOnce = 16
  using client = new Client(atOnce)
  await forEachAtOnce(members, atOnce, ({ authorization }) =>
    client.askWell({ url: url + OWN_CODES, authorization }),
  )
}

/**
 * Asks both servers for the same members.
 *
 * @throws {Error} when they do not answer the same, in whatever order of codes
 */
export async function requireSameAnswers(
  latchkey: string,
  pds: string,
  members: readonly SignedIn[],
): Promise<void> {
  using client = new Client()
  for (const { did, authorization } of members) {
    const [own, theirs] = [
      await client.askWell({ url: latchkey + OWN_CODES, authorization }),
      await client.askWell({ url: pds + OWN_CODES, authorization }),
    ].map(({ body }) => sorted(body))
    if (own === undefined || own.length === 0) throw new Error(`${did} has no codes to compare`)
    if (!isDeepStrictEqual(own, theirs))
      throw new Error(
        `Latchkey and the PDS answer differently for ${did}: ${JSON.stringify({ own, theirs })}`,
      )
  }
}

function sorted(body: string): readonly com.atproto.server.defs.InviteCode[] {
  const { codes } = JSON.parse(body) as { codes: com.atproto.server.defs.InviteCode[] }
  return codes.toSorted((a, b) => (a.code < b.code ? -1 : 1))
}

/** One contestant: a load on its server, after a run-up where it had none of the kind yet. */
export function loadOn(
  { load, seconds, warmed }: Pick<Bench, 'load' | 'seconds' | 'warmed'>,
  url: string,
  crowd: Crowd,
  connections: number,
  changes?: { readonly every: number; readonly adminAuthorization: string },
): () => Promise<LoadFigures> {
  const plan = { url, membersFile: crowd.file, path: OWN_CODES, connections, ...(changes && { changes }) }
  let asked = 0
  const go = async (length: number) => {
    // Members go on asking in turns, from one run to the next.
    const figures = await load({ ...plan, seconds: length, start: asked % crowd.members.length })
    asked += figures.requests
    return figures
  }
  const pair = `${url} ${crowd.file}${changes ? ', changing' : ''}`
  return async () => {
    if (!warmed.has(pair)) await go(RUN_UP)
    warmed.add(pair)
    const figures = await go(seconds)
    if (figures.failures > 0)
      throw new Error(`${url} failed ${figures.failures} of ${figures.requests} requests`)
    return figures
  }
}

/** What of a load is compared: requests per second. */
export function rateOf(load: () => Promise<LoadFigures>): () => Promise<number> {
  return async () => (await load()).requestsPerSecond
}
