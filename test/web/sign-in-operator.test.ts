import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStack, type Stack } from '../../src/dev/stack.ts'
import { app } from '../../src/lexicons/index.ts'
import { SIGN_IN_PATH } from '../../src/web/sign-in/paths.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { authorize, openWindow, sendForm, signInAtPds } from './browser.ts'

describe.skipIf(withoutChromium())('in latchkey dev', () => {
  let stack: Stack
  let browser: Browser
  let dataDir: string

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
    stack = await startStack({
      port: 0,
      dataDir,
      flags: { inviteInterval: 'off' },
      seed: true,
      log: pino({ level: 'silent' }),
      progress: () => undefined,
      signal: AbortSignal.timeout(60_000),
    })
    browser = await startChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await stack?.[Symbol.asyncDispose]()
    if (dataDir !== undefined) await rm(dataDir, { recursive: true })
  })

  test.each([
    ['alice.test', 'an administrator', 200],
    ['bob.test', 'a member', 401],
  ])('%s signs in as %s', { timeout: 60_000 }, async (handle, _who, status) => {
    const account = stack.accounts.find((one) => one.handle === handle)
    if (account === undefined) throw new Error(`there is no ${handle}`)
    const page = await openWindow(browser)
    await sendForm(page, stack.webUrl, SIGN_IN_PATH, { to: 'admin' })
    await signInAtPds(page, account)
    await authorize(page, stack.webUrl)
    expect(page.url()).toBe(`${stack.webUrl}/admin`)
    const path = `/xrpc/${app.latchkey.admin.getStatus.$nsid}`
    expect(await page.evaluate(async (from) => (await fetch(from)).status, path)).toBe(status)
    await page.context().close()
  })
})
