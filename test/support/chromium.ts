import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where systems put the browser that a package manager installs. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Nothing but the page under test: no sandbox (containers have none), no graphics card, no calls home. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const MISSING = 'Chromium is not installed (Debian: apt-get install --no-install-recommends chromium)'

/**
 * Whether browser tests are left out: on a machine without Chromium, said loudly. Never in CI, where they fail instead.
 */
export function withoutChromium(): boolean {
  if (findChromium() !== undefined || process.env['CI'] === 'true') return false
  process.stderr.write(`\nSKIPPED: the tests in a real browser. ${MISSING}.\n\n`)
  return true
}

/**
 * Starts a headless browser with a profile of its own, which goes when it is disposed of.
 *
 * @param flags of Chromium, beside those that all tests use
 * @throws when there is no Chromium
 */
export async function startChromium(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(`${MISSING}.`)
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] })
}

function findChromium(): string | undefined {
  return PLACES.find((place) => existsSync(place))
}
