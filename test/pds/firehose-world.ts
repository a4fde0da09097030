import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import type { Account } from '../../src/invites/types.ts'
import { PdsClient } from '../../src/pds/client.ts'
import { type Feed, startFeed } from '../../src/pds/feed.ts'
import type { StoreUnderTest } from '../store/conformance/support.ts'
import { openForConformance } from '../store/sqlite-support.ts'
import { type Member, startWorld, type World, type WorldOptions } from '../support/pds.ts'

export const HOST = 'localhost'

/** A real PDS and an empty database; the feed between them starts and ends as a test wants. */
export interface FollowedWorld extends AsyncDisposable {
  readonly world: World
  readonly subject: StoreUnderTest & { readonly path: string }
  /** What was logged at warn and above, one JSON object a line. */
  readonly logs: string[]
  readonly start: () => Feed
  /** Starts the feed and waits until it is connected and the first listing is worked in. */
  readonly follow: () => Promise<Feed>
  readonly accountOf: (did: string) => Promise<Account | undefined>
  /** A column of an account that the port does not show. */
  readonly column: (did: string, name: string) => Promise<unknown>
  /** Fakes accounts that the PDS does not have, but once had. */
  readonly addGhosts: (count: number, prefix?: string) => Promise<void>
  readonly countGone: () => Promise<unknown>
}

export async function startFollowedWorld(options: WorldOptions = {}): Promise<FollowedWorld> {
  await using stack = new AsyncDisposableStack()
  const world = stack.use(await startWorld(options))
  const subject = stack.use(await openForConformance())
  await subject.store.openHost({ hostname: HOST, did: world.pds.did })
  const logs: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void logs.push(line) })
  const feeds = stack.move()
  const pdsUrl = new URL(world.pds.url)
  const { adminPassword } = world.secrets
  const pds = new PdsClient({ url: pdsUrl, adminPassword, rateLimitBypassKey: undefined })
  const host = { hostname: HOST, did: world.pds.did }
  const start = () =>
    feeds.use(startFeed({ store: subject.store, host, pds, pdsUrl, now: () => Date.now(), log }))
  return {
    world,
    subject,
    logs,
    start,
    follow: async () => {
      const feed = start()
      await until(async () => feed.connected && !(await isListingWanted(subject)))
      return feed
    },
    accountOf: async (did) => (await subject.store.memberSnapshot(did)).account,
    column: async (did, name) =>
      (await subject.execute(`SELECT ${name} AS it FROM account WHERE did = ?`, did))[0]?.['it'],
    addGhosts: async (count, prefix = 'did:plc:ghost') => {
      await subject.execute(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO account (did, host, handle, status_seq) SELECT ? || i, ?, 'ghost.test', 1 FROM n`,
        count,
        prefix,
        HOST,
      )
    },
    countGone: async () =>
      (await subject.execute("SELECT count(*) AS gone FROM account WHERE status = 'deleted'"))[0]?.['gone'],
    [Symbol.asyncDispose]: () => feeds.disposeAsync(),
  }
}

async function isListingWanted({ store }: StoreUnderTest): Promise<boolean> {
  const resync = await store.resync(HOST)
  return resync === undefined || (resync.wantedAt !== null && resync.missing === null)
}

/** Waits for a condition. @throws when it does not come true within the time, in milliseconds */
export async function until(condition: () => boolean | Promise<boolean>, patience = 10_000): Promise<void> {
  const deadline = performance.now() + patience
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It did not become true: ${String(condition)}`)
    await sleep(10)
  }
}

/** Takes an account down at the PDS, or undoes it. */
export async function takeDown({ pds, adminAuth }: World, did: string, applied: boolean): Promise<void> {
  const response = await fetch(`${pds.url}/xrpc/com.atproto.admin.updateSubjectStatus`, {
    method: 'POST',
    headers: { authorization: adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { $type: 'com.atproto.admin.defs#repoRef', did },
      takedown: { applied },
    }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

/** Calls a procedure of the PDS that answers nothing as one of its members. */
export async function asMember({ pds }: World, member: Member, nsid: string, body: unknown): Promise<void> {
  const response = await fetch(`${pds.url}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${member.accessJwt}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

/** Deletes an account at the PDS, as its administrator. */
export async function deleteAccount({ pds, adminAuth }: World, did: string): Promise<void> {
  const response = await fetch(`${pds.url}/xrpc/com.atproto.admin.deleteAccount`, {
    method: 'POST',
    headers: { authorization: adminAuth, 'content-type': 'application/json' },
    body: JSON.stringify({ did }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}
