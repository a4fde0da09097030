/**
 * Takes pictures of every page in each of its states, light and dark, on a desktop and on a phone: of the scenes that the
 * tests look over as well. Those that the README shows go to docs/images; all of them to a folder that is named, in English
 * or in another language of the pages:
 *
 *     npm run screenshots -- --all /tmp/pictures --language de
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { LANGUAGES } from '../src/web/words/language.ts'
import { startChromium } from '../test/support/chromium.ts'
import { openHouse } from '../test/web/gallery/house.ts'
import { SCENES } from '../test/web/gallery/scenes.ts'
import { showScene, turnTo } from '../test/web/gallery/stage.ts'
import { WINDOWS } from '../test/web/visitor.ts'

const SHOWN = 'docs/images'

/** What the README shows: the scene and the window of each picture, which is as high as its window. */
const IN_README: Readonly<Record<string, string>> = {
  'join-light-desktop': 'join-light-desktop',
  'join-dark-phone': 'join-dark-phone',
  'invites-light-phone': 'invites-light-phone',
  'invites-dark-desktop': 'invites-dark-desktop',
  'console-codes-as-they-are-light-desktop': 'console-codes-light-desktop',
}

const PHONE = 360

const { values } = parseArgs({ options: { all: { type: 'string' }, language: { type: 'string' } } })
const all = values.all === undefined ? undefined : resolve(values.all)
const language = LANGUAGES.find((one) => one === (values.language ?? 'en'))
if (language === undefined) throw new Error(`the pages speak ${LANGUAGES.join(' and ')}`)
for (const folder of [SHOWN, all]) if (folder !== undefined) await mkdir(folder, { recursive: true })

const browser = await startChromium()
await using house = await openHouse(browser)
try {
  for (const [name, scene] of SCENES) {
    if (all === undefined && !Object.keys(IN_README).some((one) => one.startsWith(`${name}-`))) continue
    await showScene(browser, house, language, scene, (page) => take(page, name))
  }
} finally {
  // Before the servers, which wait for its connections.
  await browser.close()
}

async function take(page: Page, scene: string): Promise<void> {
  for (const window of WINDOWS) {
    await turnTo(page, window)
    const name = `${scene}-${window.colorScheme}-${window.viewport.width === PHONE ? 'phone' : 'desktop'}`
    const shown = language === 'en' ? IN_README[name] : undefined
    if (shown !== undefined)
      await page.screenshot({ path: join(SHOWN, `${shown}.png`), animations: 'disabled' })
    if (all === undefined) continue
    // A dialog belongs to the window, not to the page behind it.
    const fullPage = (await page.locator('dialog[open]').count()) === 0
    await page.screenshot({ path: join(all, `${name}.png`), fullPage, animations: 'disabled' })
  }
}
