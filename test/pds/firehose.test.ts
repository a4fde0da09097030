import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import type { AccountStatus } from '../../src/invites/types.ts'
import { startFeed } from '../../src/pds/feed.ts'
import { firehosePath, readFrame, UnreadableFrameError } from '../../src/pds/firehose.ts'
import { openForConformance } from '../store/sqlite-support.ts'
import { frame, startFakeFirehose } from './fake-firehose.ts'
import { HOST, until } from './firehose-world.ts'

const DID = 'did:plc:alice'
const SERVICE = 'did:web:localhost'
const TIME = '2026-01-02T03:04:05.678Z'
const AT = Date.parse(TIME)

const account = (seq: number, fields: { active: boolean; status?: string; time?: string }) =>
  frame({ op: 1, t: '#account' }, { seq, did: DID, time: TIME, ...fields })

describe('a frame', () => {
  test.each([
    [{ active: true }, 'active'],
    [{ active: false, status: 'takendown' }, 'takendown'],
    [{ active: false, status: 'suspended' }, 'suspended'],
    [{ active: false, status: 'deleted' }, 'deleted'],
    [{ active: false, status: 'deactivated' }, 'deactivated'],
    [{ active: false, status: 'throttled' }, 'deactivated'],
    [{ active: false }, 'deactivated'],
  ])('of an account with %o says that it is %s', (fields, status) => {
    expect(readFrame(account(7, fields))).toEqual({
      kind: 'account',
      event: { seq: 7, at: AT, did: DID, status },
    })
  })

  test('of an identity says the handle, if it has one', () => {
    const header = { op: 1, t: '#identity' }
    expect(readFrame(frame(header, { seq: 8, did: DID, time: TIME, handle: 'a.test' }))).toEqual({
      kind: 'account',
      event: { seq: 8, at: AT, did: DID, handle: 'a.test' },
    })
    expect(readFrame(frame(header, { seq: 9, did: DID, time: TIME }))).toEqual({
      kind: 'account',
      event: { seq: 9, at: AT, did: DID },
    })
  })

  test.each(['#commit', '#sync', '#unheardOf'])('of the kind %s moves the cursor', (t) => {
    expect(readFrame(frame({ op: 1, t }, { seq: 3, time: TIME, what: ['ever'] }))).toEqual({
      kind: 'other',
      seq: 3,
      at: AT,
    })
  })

  test('tells that the cursor is too old, and other information tells nothing', () => {
    expect(readFrame(frame({ op: 1, t: '#info' }, { name: 'OutdatedCursor' }))).toEqual({
      kind: 'outdated cursor',
    })
    expect(readFrame(frame({ op: 1, t: '#info' }, { name: 'Hello' }))).toMatchObject({ kind: 'other' })
  })

  test('of an error has its name', () => {
    expect(readFrame(frame({ op: -1 }, { error: 'FutureCursor', message: 'm' }))).toEqual({
      kind: 'error',
      name: 'FutureCursor',
      message: 'm',
    })
  })

  test.each([
    ['no CBOR', Buffer.from([0xff, 0xff])],
    ['empty', Buffer.alloc(0)],
    ['without a body', frame({ op: 1, t: '#account' }, {}).subarray(0, -1)],
    ['without its fields', frame({ op: 1, t: '#account' }, { seq: 1 })],
    ['of an unknown operation', frame({ op: 2 }, {})],
  ])('that is %s can’t be read', (_what, bytes) => {
    expect(() => readFrame(bytes)).toThrow(UnreadableFrameError)
  })

  test('comes from the path of the firehose, after a cursor or from now on', () => {
    expect(firehosePath(12)).toBe('/xrpc/com.atproto.sync.subscribeRepos?cursor=12')
    expect(firehosePath(null)).toBe('/xrpc/com.atproto.sync.subscribeRepos')
  })
})

describe('a feed from a PDS that is out of order', () => {
  /** @param cursor the last event of an earlier time; none where unset */
  async function start({ cursor, manners }: { cursor?: number; manners?: 'curt' } = {}) {
    await using stack = new AsyncDisposableStack()
    const firehose = stack.use(await startFakeFirehose(manners))
    const subject = stack.use(await openForConformance())
    await subject.store.openHost({ hostname: HOST, did: SERVICE })
    if (cursor !== undefined) await subject.store.advanceCursor(HOST, cursor)
    let listings = 0
    const pds = {
      describe: async () => ({ did: SERVICE, invitesRequired: true }),
      listAccounts: async () => {
        listings += 1
        const status: AccountStatus = listings === 1 ? 'active' : 'suspended'
        return { accounts: [{ did: DID, status }], cursor: undefined }
      },
    }
    const { store } = subject
    const log = pino({ level: 'silent' })
    const feed = stack.use(
      startFeed({
        store,
        host: { hostname: HOST, did: SERVICE },
        pds,
        pdsUrl: firehose.url,
        now: () => Date.now(),
        log,
      }),
    )
    if (manners === undefined)
      await until(async () => feed.connected && (await store.resync(HOST))?.wantedAt === null)
    const parts = stack.move()
    return {
      firehose,
      store,
      feed,
      status: async () => (await store.memberSnapshot(DID)).account?.status,
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    }
  }

  test('passes over what can’t be read, lists the accounts instead, and works in what follows', async () => {
    await using given = await start()
    given.firehose.send(Buffer.from([0xff]))
    given.firehose.send(account(5, { active: false, status: 'takendown' }))
    await until(async () => (await given.status()) === 'takendown')
    await until(async () => (await given.status()) === 'suspended')
  })

  test('does not ask the operator again about accounts that are missing because something can’t be read', async () => {
    await using given = await start()
    await given.store.holdResync(HOST, 30)
    given.firehose.send(Buffer.from([0xff]))
    given.firehose.send(account(5, { active: false, status: 'takendown' }))
    await until(async () => (await given.status()) === 'takendown')
    expect((await given.store.resync(HOST))?.missing).toBe(30)
  })

  test('is tried ever less often while the PDS closes every connection at once', async () => {
    await using given = await start({ manners: 'curt' })
    await until(() => given.firehose.times.length === 4, 20_000)
    const [, , third = 0, fourth = 0] = given.firehose.times
    // The third pause is between two and four seconds long.
    expect(fourth - third).toBeGreaterThan(1900)
  })

  test('has caught up once it hears of something that happened after it was connected', async () => {
    await using given = await start({ cursor: 4 })
    given.firehose.send(account(5, { active: false, status: 'takendown' }))
    await until(async () => (await given.store.firehoseCursor(HOST)) === 5)
    expect(given.feed.isCaughtUp).toBe(false)
    given.firehose.send(account(6, { active: true, time: new Date().toISOString() }))
    await until(() => given.feed.isCaughtUp, 900)
    expect(await given.store.firehoseCursor(HOST)).toBe(6)
  })

  test('has caught up once it hears nothing for a while', async () => {
    await using given = await start({ cursor: 4 })
    given.firehose.send(account(5, { active: false, status: 'takendown' }))
    await until(async () => (await given.store.firehoseCursor(HOST)) === 5)
    expect(given.feed.isCaughtUp).toBe(false)
    await until(() => given.feed.isCaughtUp)
  })

  test('tells when it last moved on, be it by an event or by the listing', async () => {
    await using given = await start({ cursor: 4 })
    const opened = given.feed.progressAt ?? 0
    expect(opened).toBeGreaterThan(0)
    given.firehose.send(frame({ op: 1, t: '#info' }, { name: 'OutdatedCursor' }))
    given.firehose.send(account(5, { active: false, status: 'takendown' }))
    await until(async () => (await given.store.firehoseCursor(HOST)) === 5)
    await until(() => (given.feed.progressAt ?? 0) > opened)
    const told = given.feed.progressAt ?? 0
    await until(async () => (await given.store.resync(HOST))?.wantedAt === null)
    expect(given.feed.progressAt).toBeGreaterThan(told)
  })

  test('has not caught up before the listing when the PDS has forgotten events', async () => {
    await using given = await start({ cursor: 4 })
    given.firehose.send(frame({ op: 1, t: '#info' }, { name: 'OutdatedCursor' }))
    given.firehose.send(frame({ op: 1, t: '#commit' }, { seq: 6, time: new Date().toISOString() }))
    await until(() => given.feed.isCaughtUp)
    expect(await given.status()).toBe('active')
  })

  test('never works an event in twice, nor an older one after it', async () => {
    await using given = await start()
    given.firehose.send(account(5, { active: false, status: 'takendown' }))
    given.firehose.send(account(5, { active: true }))
    given.firehose.send(account(4, { active: true }))
    given.firehose.send(frame({ op: 1, t: '#commit' }, { seq: 6, time: TIME }))
    await until(async () => (await given.store.firehoseCursor(HOST)) === 6)
    expect(await given.status()).toBe('takendown')
  })

  test('says how late the last event was', async () => {
    await using given = await start()
    expect(given.feed.lagMs).toBe(0)
    const time = new Date(Date.now() - 60_000).toISOString()
    given.firehose.send(account(5, { active: true, time }))
    await until(() => (given.feed.lagMs ?? 0) >= 60_000)
    given.firehose.send(account(6, { active: true, time: new Date().toISOString() }))
    await until(() => (given.feed.lagMs ?? Infinity) < 1000)
  })

  test('begins every connection after the last event that it worked in', async () => {
    await using given = await start()
    given.firehose.send(frame({ op: 1, t: '#commit' }, { seq: 9, time: TIME }))
    given.firehose.send(frame({ op: -1 }, { error: 'ConsumerTooSlow' }))
    await until(() => given.firehose.cursors.length > 1, 20_000)
    expect(given.firehose.cursors.slice(0, 2)).toEqual([null, '9'])
  })

  test('ends at once, although the PDS does not answer', async () => {
    await using subject = await openForConformance()
    await subject.store.openHost({ hostname: HOST, did: SERVICE })
    const asked = Promise.withResolvers<void>()
    const never = new Promise<never>(() => undefined)
    const pds = {
      describe: () => {
        asked.resolve()
        return never
      },
      listAccounts: () => never,
    }
    const feed = startFeed({
      store: subject.store,
      host: { hostname: HOST, did: SERVICE },
      pds,
      pdsUrl: new URL('http://127.0.0.1:9'),
      now: () => Date.now(),
      log: pino({ level: 'silent' }),
    })
    await asked.promise
    const start = performance.now()
    await feed[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
