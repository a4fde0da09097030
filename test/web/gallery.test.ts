import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Language } from '../../src/web/words/language.ts'
import { startChromium, withoutChromium } from '../support/chromium.ts'
import { violationsOn } from './axe.ts'
import { type House, openHouse } from './gallery/house.ts'
import { SCENES } from './gallery/scenes.ts'
import { showScene, turnTo } from './gallery/stage.ts'
import { isTooWide, WINDOWS } from './visitor.ts'

/** Themes and sizes are the same in all languages; what is longer in another has the least room on a phone. */
const LOOKS: Readonly<Record<Language, readonly (typeof WINDOWS)[number][]>> = {
  en: WINDOWS,
  de: WINDOWS.slice(2, 3),
}

describe.skipIf(withoutChromium())('nothing is in the way of anybody', { timeout: 60_000 }, () => {
  const running = new AsyncDisposableStack()
  let browser: Browser
  let house: House

  beforeAll(async () => {
    browser = await startChromium()
    house = running.use(await openHouse(browser))
    // First the browser: it keeps connections open, which servers wait for.
    running.defer(() => browser.close())
  }, 60_000)

  afterAll(() => running.disposeAsync())

  describe.each(['en', 'de'] as const)('in the language %s', (language) => {
    test.each(SCENES)('%s', async (_name, scene) => {
      const wrong: string[] = []
      await showScene(browser, house, language, scene, async (page) => {
        for (const window of LOOKS[language]) {
          await turnTo(page, window)
          const where = `${window.colorScheme}, ${window.viewport.width} px`
          if (await isTooWide(page)) wrong.push(`${where}: too wide`)
          for (const violation of await violationsOn(page)) wrong.push(`${where}: ${violation}`)
        }
      })
      expect(wrong).toEqual([])
    })
  })
})
