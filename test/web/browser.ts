import type { Browser, Page } from 'playwright-core'
import { app } from '../../src/lexicons/index.ts'
import { SIGN_IN_PATH } from '../../src/web/sign-in/paths.ts'
import type { Member } from '../support/pds.ts'

/** Where the pages are for a public URL on loopback. */
export function pagesOf(publicUrl: string): string {
  return publicUrl.replace('//localhost:', '//127.0.0.1:')
}

/** A window with no cookies. */
export async function openWindow(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US' })
  return context.newPage()
}

/** Sends a form from a page of ours, under its policy, as its button does. Comes to the PDS's page when all is well. */
export async function sendForm(
  page: Page,
  web: string,
  path: string = SIGN_IN_PATH,
  fields: Record<string, string> = { to: 'invites' },
): Promise<void> {
  if (!page.url().startsWith(`${web}/`)) await page.goto(`${web}/invites`)
  await Promise.all([
    page.waitForEvent('framenavigated'),
    page.evaluate(
      ({ action, entries }) => {
        const form = document.createElement('form')
        form.method = 'post'
        form.action = action
        for (const [name, value] of entries) {
          const input = document.createElement('input')
          input.name = name
          input.value = value
          form.append(input)
        }
        document.body.append(form)
        form.submit()
      },
      { action: path, entries: Object.entries(fields) },
    ),
  ])
}

/** Signs in on the PDS's page, up to the question whether Latchkey may know. */
export async function signInAtPds(page: Page, { handle, password }: Pick<Member, 'handle' | 'password'>) {
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('input[name=username]').fill(handle)
  await page.locator('input[type=password]').fill(password)
  await page.locator('button[type=submit]').click()
  await page.getByRole('button', { name: 'Authorize' }).waitFor()
}

/** Answers the question, and comes back to a page of ours. */
export async function authorize(page: Page, web: string): Promise<void> {
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.waitForURL((url) => url.origin === web)
}

/** Answers the question, and keeps from the browser what the PDS sends back with it: the window stays where it is. */
export async function heldAnswer(
  page: Page,
  button: 'Authorize' | 'Cancel' = 'Authorize',
): Promise<URLSearchParams> {
  const { promise, resolve } = Promise.withResolvers<URL>()
  await page.route('**/oauth/authorize/redirect*', (route) => {
    resolve(new URL(route.request().url()))
    return route.fulfill({ status: 204 })
  })
  await page.getByRole('button', { name: button }).click()
  const { searchParams: answer } = await promise
  answer.delete('redirect_mode')
  answer.delete('redirect_uri')
  return answer
}

/** The status of asking for one's own invites from a page of ours: 200 for whoever is signed in. */
export function askInvites(page: Page): Promise<number> {
  return page.evaluate(async (path) => (await fetch(path)).status, `/xrpc/${app.latchkey.getInvites.$nsid}`)
}
