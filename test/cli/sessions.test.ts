import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { webCookies } from '../../src/auth/web-cookies.ts'
import { WebSessions } from '../../src/auth/web-sessions.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { join } from '../support/members.ts'
import { pagesOf } from '../web/browser.ts'
import { runProgram } from './program.ts'

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld()
})

afterAll(() => fronted[Symbol.asyncDispose]())

function endSessions(actor: string) {
  return runProgram(['sessions', 'end', actor], {
    LATCHKEY_PUBLIC_URL: fronted.url,
    LATCHKEY_PDS_URL: fronted.world.pds.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: fronted.world.secrets.adminPassword,
    LATCHKEY_DATABASE: `sqlite:${fronted.databasePath}`,
  })
}

test('whoever is named is signed out everywhere at once, others are not, and the log tells of it', async () => {
  const web = pagesOf(fronted.url)
  const [ada, bob] = [await join(fronted, 'ada.test'), await join(fronted, 'bob.test')]
  await using store = await openSqliteStore({ path: fronted.databasePath })
  const cookies = webCookies(new URL(web))
  const sessions = new WebSessions({ store, cookies, now: Date.now, random: randomBytes })
  const signIn = async (did: string) => (await sessions.open(did, undefined)).split('; ')[0] ?? ''
  const browsers = [await signIn(ada.did), await signIn(ada.did), await signIn(bob.did)]
  const areIn = () =>
    Promise.all(
      browsers.map(async (cookie) => {
        const page = await fetch(`${web}/invites`, { headers: { cookie } })
        return (await page.text()).includes('Sign out everywhere')
      }),
    )
  expect(await areIn()).toEqual([true, true, true])
  expect(await endSessions(ada.did)).toMatchObject({
    code: 0,
    stdout: `${ada.did} is signed out in 2 browsers.\n`,
  })
  expect(await areIn()).toEqual([false, false, true])
  const [event] = await store.listEvents({ actor: null, action: 'endSessions', limit: 5, after: null })
  expect(event).toMatchObject({ actor: 'command line', subject: ada.did })
  expect(await endSessions(ada.did)).toMatchObject({ code: 1, stdout: '' })
})
