import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join } from '../support/members.ts'
import { HttpBrowser } from './http-browser.ts'

const WEB = 'https://invites.latchkey.internal'

describe('with pages of another name', () => {
  let fronted: FrontedWorld

  beforeAll(async () => {
    fronted = await startFrontedWorld({ webUrl: WEB })
  })

  afterAll(() => fronted?.[Symbol.asyncDispose]())

  /** Asks for a page under a name. */
  function get(name: string, path: string) {
    return new HttpBrowser(fronted.url, `http://${name}`).get(path)
  }

  test.each(['/invites', '/invites?problem=denied', '/admin', '/admin/codes', '/admin/tree'])(
    '%s under a name of the PDS leads to where one can sign in',
    async (path) => {
      for (const name of ['localhost', 'LOCALHOST:2690', 'alice.localhost'])
        expect(await get(name, path)).toMatchObject({ status: 302, place: WEB + path })
    },
  )

  test.each(['/invites', '/admin'])(
    '%s is shown under its own name, and leads nobody in a circle',
    async (path) => {
      // The last is what a reverse proxy says that keeps the name to itself.
      for (const name of [new URL(WEB).host, '127.0.0.1:2690', 'notlocalhost'])
        expect(await get(name, path)).toMatchObject({ status: 200, place: '' })
    },
  )

  test('a link to an invite works under the PDS’s name too, and tells no other site its code', async () => {
    const alice = await join(fronted, 'alice.test')
    const code = await giftCode(fronted, { forAccount: alice.did, useCount: 1 })
    const { status, headers, body } = await get('localhost', `/join/${code}`)
    expect(status).toBe(200)
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(body).toContain(`${WEB}/join/${code}`)
    const form = { name: 'greta', domain: '.test', email: 'greta@mail.test', password: 'long-enough-22' }
    const guest = new HttpBrowser(fronted.url, 'http://localhost')
    expect((await guest.fillIn(`/join/${code}`, form)).place).toBe(`/join/${code}/done`)
    expect([...guest.cookies.keys()]).toContain('__Host-latchkey-form')
  })
})

test('with the pages under the PDS’s own name a handle’s name leads there', async () => {
  await using fronted = await startFrontedWorld({ webUrl: 'https://localhost' })
  const asked = new HttpBrowser(fronted.url, 'http://alice.localhost')
  expect(await asked.get('/invites')).toMatchObject({ status: 302, place: 'https://localhost/invites' })
  expect(await new HttpBrowser(fronted.url).get('/invites')).toMatchObject({ status: 200 })
})
