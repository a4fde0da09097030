import { randomBytes } from 'node:crypto'
import type { BrowserContext } from 'playwright-core'
import { webCookies } from '../../src/auth/web-cookies.ts'
import { WebSessions } from '../../src/auth/web-sessions.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { FrontedWorld } from '../support/latchkey.ts'
import { pagesOf } from './browser.ts'

/** Signs a browser in, as the sign-in does at its end; all that comes before has tests of its own. */
export async function giveSession(
  { url, databasePath }: FrontedWorld,
  context: BrowserContext,
  actor: string,
): Promise<void> {
  const web = pagesOf(url)
  await using store = await openSqliteStore({ path: databasePath })
  const cookies = webCookies(new URL(web))
  const sessions = new WebSessions({ store, cookies, now: Date.now, random: randomBytes })
  const [pair = ''] = (await sessions.open(actor, undefined)).split('; ')
  const [name = '', value = ''] = pair.split('=')
  await context.addCookies([{ name, value, url: web, httpOnly: true, sameSite: 'Lax' }])
}
