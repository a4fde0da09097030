/**
 * Takes pictures of every page, light and dark, on a desktop and on a phone, from a `latchkey dev` with some life in it.
 * Those that the README shows go to docs/images; all of them to a folder that is named:
 *
 *     npm run screenshots -- --all /tmp/pictures
 */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { callXrpc } from '../src/dev/http.ts'
import type { DevAccount } from '../src/dev/seed.ts'
import { type Stack, startStack } from '../src/dev/stack.ts'
import { app, com } from '../src/lexicons/index.ts'
import { startChromium } from '../test/support/chromium.ts'
import { authorize, sendForm, signInAtPds } from '../test/web/browser.ts'

const SHOWN = 'docs/images'

/** What the README shows. */
const IN_README: ReadonlySet<string> = new Set([
  'join-light-desktop',
  'join-dark-phone',
  'invites-light-phone',
  'invites-dark-desktop',
  'console-codes-light-desktop',
])

const THEMES = ['light', 'dark'] as const
const WINDOWS = {
  desktop: { width: 1180, height: 780 },
  phone: { width: 360, height: 740 },
} as const

const VIEWS = ['', '/codes', '/accounts', '/tree', '/policy', '/log'] as const

const GUESTS = ['mira', 'jonas', 'lena', 'samir', 'noor', 'theo', 'ines', 'pavel'] as const

/** What there is to see. */
interface Scene {
  readonly stack: Stack
  /** Codes of Alice that are open. */
  readonly open: readonly string[]
  readonly used: string
}

const { values } = parseArgs({ options: { all: { type: 'string' } } })
const all = values.all === undefined ? undefined : resolve(values.all)
for (const folder of [SHOWN, all]) if (folder !== undefined) await mkdir(folder, { recursive: true })

await using stack = await startStack({
  port: 0,
  dataDir: undefined,
  flags: { inviteInterval: '7d' },
  seed: true,
  log: pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
  progress: (message) => console.log(`${message} …`),
  signal: new AbortController().signal,
})
const browser = await startChromium()
try {
  const scene = await setScene(stack, browser)
  const signedIn = await signIn(browser, stack)
  for (const theme of THEMES) {
    for (const [size, viewport] of Object.entries(WINDOWS)) {
      const options = { colorScheme: theme, viewport, locale: 'en-US', reducedMotion: 'reduce' } as const
      const suffix = `${theme}-${size}`
      await using guest = await browser.newContext(options)
      await takeGuests(guest, scene, suffix)
      await using operator = await browser.newContext({ ...options, storageState: signedIn })
      await takeSignedIn(operator, scene, suffix)
    }
  }
} finally {
  // Before the servers, which wait for its connections.
  await browser.close()
}

/** People with faces, and codes in every state. */
async function setScene(into: Stack, chromium: Browser): Promise<Scene> {
  const [alice] = into.accounts
  if (alice === undefined) throw new Error('latchkey dev has no accounts')
  await showProfile(into, chromium, alice, 'Alice Moreau', '#0b6e69')
  const admin = `Basic ${Buffer.from(`admin:${into.adminPassword}`).toString('base64')}`
  const codesFor = async (did: string, codeCount: number, useCount = 1) => {
    const body = { codeCount, useCount, forAccounts: [did] }
    const { codes } = await callXrpc<{ codes: { codes: string[] }[] }>(
      into.url,
      com.atproto.server.createInviteCodes.$nsid,
      { authorization: admin, body },
    )
    return codes[0]?.codes ?? []
  }
  let inviter: Pick<DevAccount, 'did'> = alice
  for (const [index, name] of GUESTS.entries()) {
    const [inviteCode] = await codesFor(inviter.did, 1)
    const handle = `${name}.test`
    const password = randomBytes(12).toString('base64url')
    const body = { handle, email: `${name}@mail.test`, password, inviteCode }
    const { did } = await callXrpc<{ did: string }>(into.url, com.atproto.server.createAccount.$nsid, {
      body,
    })
    const guest = { did, handle, password, email: body.email }
    if (index < 3)
      await showProfile(into, chromium, guest, name, ['#7a4d00', '#5b3f8f', '#9a3412'][index] ?? '')
    // Every third one invites the next ones.
    if (index % 3 === 0) inviter = guest
    else if (index % 3 === 1) inviter = alice
  }
  const [used = '', gone = ''] = await codesFor(alice.did, 2)
  await callXrpc(into.url, com.atproto.server.createAccount.$nsid, {
    body: { handle: 'ruth.test', email: 'ruth@mail.test', password: 'long-enough-22', inviteCode: used },
  })
  await callXrpc(into.url, app.latchkey.admin.createCodes.$nsid, {
    authorization: admin,
    body: { count: 3, uses: 25, note: 'Meet-up in Lisbon', apply: true },
  })
  await fetch(`${into.url}/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`, {
    method: 'POST',
    headers: { authorization: admin, 'content-type': 'application/json' },
    body: JSON.stringify({ codes: [gone] }),
  })
  const open = await codesFor(alice.did, 2)
  const { accessJwt } = await openSession(into, alice)
  await fetch(`${into.url}/xrpc/${app.latchkey.labelCode.$nsid}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessJwt}`, 'content-type': 'application/json' },
    body: JSON.stringify({ code: open[0], label: 'For Tom from the choir' }),
  })
  return { stack: into, open, used }
}

function openSession({ url }: Stack, { handle: identifier, password }: DevAccount) {
  const body = { identifier, password }
  return callXrpc<{ accessJwt: string }>(url, com.atproto.server.createSession.$nsid, { body })
}

/** Gives an account a name and a picture. */
async function showProfile(
  into: Stack,
  chromium: Browser,
  account: DevAccount,
  displayName: string,
  colour: string,
): Promise<void> {
  const { accessJwt } = await openSession(into, account)
  const authorization = `Bearer ${accessJwt}`
  const uploaded = await fetch(`${into.url}/xrpc/com.atproto.repo.uploadBlob`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'image/png' },
    body: Buffer.from(await paint(chromium, colour)),
  })
  const { blob } = (await uploaded.json()) as { blob: unknown }
  const record = { $type: 'app.bsky.actor.profile', displayName, avatar: blob }
  const body = { repo: account.did, collection: 'app.bsky.actor.profile', rkey: 'self', record }
  await callXrpc(into.url, 'com.atproto.repo.putRecord', { authorization, body })
}

/** A head and shoulders before a colour. */
async function paint(chromium: Browser, colour: string): Promise<Uint8Array> {
  const page = await chromium.newPage({ viewport: { width: 160, height: 160 } })
  try {
    await page.setContent(
      `<body style="margin:0"><svg width="160" height="160" viewBox="0 0 160 160">
        <rect width="160" height="160" fill="${colour}"/>
        <g fill="#fdf3dc"><circle cx="80" cy="64" r="30"/><ellipse cx="80" cy="160" rx="56" ry="58"/></g></svg>`,
    )
    return await page.screenshot()
  } finally {
    await page.close()
  }
}

/** Signs Alice in, by the PDS's own pages. @returns the cookies */
async function signIn(chromium: Browser, { webUrl, accounts }: Stack) {
  const [alice] = accounts
  if (alice === undefined) throw new Error('latchkey dev has no accounts')
  await using context = await chromium.newContext({ locale: 'en-US' })
  const page = await context.newPage()
  await page.goto(`${webUrl}/invites`)
  await sendForm(page, webUrl)
  await signInAtPds(page, alice)
  await authorize(page, webUrl)
  return await context.storageState()
}

/** What anybody sees. */
async function takeGuests(
  context: BrowserContext,
  { stack: { webUrl, url, adminPassword }, open, used }: Scene,
  suffix: string,
): Promise<void> {
  const page = await context.newPage()
  const go = (path: string) => page.goto(webUrl + path)
  await go('/invites')
  await take(page, `invites-signed-out-${suffix}`)
  await go('/admin')
  await take(page, `console-signed-out-${suffix}`)
  await go(`/join/${open[0]}`)
  await take(page, `join-${suffix}`)
  await page.getByText('Sign up in an app').click()
  await take(page, `join-in-an-app-${suffix}`)
  await page.getByText('Move an account that I have').click()
  await take(page, `join-move-${suffix}`)
  await go(`/join/${used}`)
  await take(page, `join-refused-${suffix}`)
  await go('/join')
  await take(page, `nothing-here-${suffix}`)

  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  const body = { useCount: 1 }
  const { code } = await callXrpc<{ code: string }>(url, com.atproto.server.createInviteCode.$nsid, {
    authorization,
    body,
  })
  await go(`/join/${code}`)
  await signUp(page, 'alice', suffix)
  await take(page, `join-errors-${suffix}`)
  await signUp(page, `tom-${suffix}`.slice(0, 18), suffix)
  await page.waitForURL(`${webUrl}/join/${code}/done`)
  await take(page, `join-done-${suffix}`)
}

async function signUp(page: Page, name: string, suffix: string): Promise<void> {
  await page.locator('#name').fill(name)
  await page.locator('#email').fill(`tom-${suffix}@mail.test`)
  await page.locator('#password').fill('long-enough-22')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForLoadState()
}

/** What Alice sees, who is a member and an administrator. */
async function takeSignedIn(context: BrowserContext, { stack: { webUrl } }: Scene, suffix: string) {
  const page = await context.newPage()
  await page.goto(`${webUrl}/invites`)
  await take(page, `invites-${suffix}`)
  await page.getByRole('button', { name: 'Show large' }).first().click()
  await take(page, `invites-large-${suffix}`)
  for (const view of VIEWS) {
    await page.goto(`${webUrl}/admin${view}`)
    await take(page, `console-${view === '' ? 'overview' : view.slice(1)}-${suffix}`)
  }
}

async function take(page: Page, name: string): Promise<void> {
  if (all === undefined && !IN_README.has(name)) return
  await page.waitForLoadState('networkidle')
  if (IN_README.has(name)) await page.screenshot({ path: join(SHOWN, `${name}.png`), animations: 'disabled' })
  if (all !== undefined)
    await page.screenshot({ path: join(all, `${name}.png`), fullPage: true, animations: 'disabled' })
}
