import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** Every page is looked at in each of these. */
export const WINDOWS = [
  { colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  { colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const

/** Somebody's window, and what went wrong in it. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page
  /** What the browser complained of: broken policies, failing scripts, files that were not there. */
  readonly complaints: readonly string[]
  /** Where else than to the pages' own origin it went. */
  readonly strangers: readonly string[]
}

/** Opens a window with no cookies. @param origin of the pages */
export async function openVisitor(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'en-US', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const strangers: string[] = []
  page.on('console', (message) => {
    // A page that says no is a page.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.origin !== origin) strangers.push(url.href)
  })
  return { page, complaints, strangers, [Symbol.asyncDispose]: () => context.close() }
}

/** Whether a page is wider than its window. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
}
