import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Feed } from '../../src/pds/feed.ts'
import type { Member } from '../support/pds.ts'
import { signUp } from '../store/conformance/support.ts'
import {
  asMember,
  deleteAccount,
  type FollowedWorld,
  HOST,
  startFollowedWorld,
  takeDown,
  until,
} from './firehose-world.ts'

const SECOND = 1000
/** The PDS looks for events once a second, and a busy machine needs a little. */
const SOON = 3 * SECOND

describe('while the feed runs,', () => {
  let followed: FollowedWorld
  let feed: Feed
  let early: Member

  beforeAll(async () => {
    followed = await startFollowedWorld()
    early = await followed.world.createAccount({ handle: 'early.test' })
    feed = await followed.follow()
  })

  afterAll(() => followed[Symbol.asyncDispose]())

  async function untilStatus(did: string, status: string): Promise<void> {
    await until(async () => (await followed.accountOf(did))?.status === status, SOON)
  }

  /** A member with a code that can be redeemed. */
  async function ownerOfCode(
    handle: string,
  ): Promise<{ owner: Member; redeem: (id: string) => Promise<string> }> {
    const { store } = followed.subject
    const owner = await followed.world.createAccount({ handle: `${handle}.test` })
    await store.insertGifted([{ code: `code-of-${handle}`, forAccount: owner.did, available: 9 }], HOST, 1)
    return {
      owner,
      redeem: (id) => {
        const redeemer = { handle: `${id}.test`, did: null }
        return store.reserve(signUp(id, `code-of-${handle}`, { host: HOST, redeemer }), Date.now())
      },
    }
  }

  test('accounts that were there before are known, and how they came is not', async () => {
    expect(await followed.accountOf(early.did)).toMatchObject({ status: 'active' })
    expect(await followed.column(early.did, 'arrived_at')).toBeNull()
    expect(await followed.column(early.did, 'arrival')).toBeNull()
  })

  test('a new account is known within a second, with its handle', async () => {
    const { did } = await followed.world.createAccount({ handle: 'newcomer.test' })
    await until(async () => (await followed.accountOf(did))?.handle === 'newcomer.test', SOON)
    expect(await followed.accountOf(did)).toMatchObject({ status: 'active' })
  })

  test('who came past Latchkey is recorded as direct', async () => {
    const { did } = await followed.world.createAccount({ handle: 'direct.test' })
    await until(async () => (await followed.column(did, 'arrival')) === 'direct')
  })

  test('a new handle is known within a second', async () => {
    const member = await followed.world.createAccount({ handle: 'before.test' })
    await asMember(followed.world, member, 'com.atproto.identity.updateHandle', { handle: 'after.test' })
    await until(async () => (await followed.accountOf(member.did))?.handle === 'after.test', SOON)
  })

  test('a takedown counts within a second, and so does its undoing', async () => {
    const { owner, redeem } = await ownerOfCode('takendown')
    await takeDown(followed.world, owner.did, true)
    await untilStatus(owner.did, 'takendown')
    expect(await redeem('t1')).toBe('owner gone')
    await takeDown(followed.world, owner.did, false)
    await untilStatus(owner.did, 'active')
    expect(await redeem('t2')).toBe('reserved')
    await followed.subject.store.release('t2', Date.now())
  })

  test('a deactivated owner’s codes stop within a second, and are good again once it is active', async () => {
    const { owner, redeem } = await ownerOfCode('away')
    await asMember(followed.world, owner, 'com.atproto.server.deactivateAccount', {})
    await untilStatus(owner.did, 'deactivated')
    expect(await redeem('a1')).toBe('owner gone')
    await asMember(followed.world, owner, 'com.atproto.server.activateAccount', undefined)
    await untilStatus(owner.did, 'active')
    expect(await redeem('a2')).toBe('reserved')
    await followed.subject.store.release('a2', Date.now())
  })

  test('a deleted owner’s codes stop within a second, and its handle and note are erased', async () => {
    const { owner, redeem } = await ownerOfCode('gone')
    const { store } = followed.subject
    await store.setInvitesDisabled({ did: owner.did, host: HOST, disabled: false, note: 'asked nicely' })
    await deleteAccount(followed.world, owner.did)
    await untilStatus(owner.did, 'deleted')
    expect(await redeem('g1')).toBe('owner gone')
    expect(await followed.accountOf(owner.did)).toMatchObject({
      did: owner.did,
      handle: null,
      inviteNote: null,
    })
  })

  test('it knows that it is not behind', async () => {
    expect(feed.connected).toBe(true)
    expect(feed.lagMs).toBeLessThan(SECOND)
    expect(feed.missing).toBeUndefined()
  })
})
