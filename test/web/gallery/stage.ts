import type { Browser, Page } from 'playwright-core'
import { consoleAccountsWords } from '../../../src/web/words/console/accounts.ts'
import { consoleCodesWords } from '../../../src/web/words/console/codes.ts'
import { consoleWords } from '../../../src/web/words/console/frame.ts'
import { consoleLogWords } from '../../../src/web/words/console/log.ts'
import { consoleOverviewWords } from '../../../src/web/words/console/overview.ts'
import { consolePolicyWords } from '../../../src/web/words/console/policy.ts'
import { consoleTreeWords } from '../../../src/web/words/console/tree.ts'
import { invitesWords } from '../../../src/web/words/invites.ts'
import { joinWords } from '../../../src/web/words/join.ts'
import type { Language } from '../../../src/web/words/language.ts'
import type { FrontedWorld } from '../../support/latchkey.ts'
import { pagesOf } from '../browser.ts'
import { giveSession } from '../member-session.ts'
import { openVisitor, type WINDOWS } from '../visitor.ts'
import type { House } from './house.ts'

/** Brings a page into one of its states. */
export type Scene = (stage: Stage) => Promise<void>

/** Scenes by their names, which pictures have as well. */
export type Scenes = Readonly<Record<string, Scene>>

/** Where a scene is set up. */
export interface Stage {
  readonly house: House
  /** A window of its own, with no cookies. */
  readonly page: Page
  /** What the pages say in the window's language. */
  readonly say: Words
  /** What makes good again what a scene does to the house. */
  readonly after: AsyncDisposableStack
  /** Opens a page of the house, or of another world. */
  readonly go: (path: string, world?: FrontedWorld) => Promise<void>
  /** Signs the window in. @param actor a DID, or `admin` */
  readonly signIn: (actor: string, world?: FrontedWorld) => Promise<void>
  /** Presses a button or link that is called so. */
  readonly press: (name: string | RegExp, where?: string) => Promise<void>
  /** Waits until this can be read. */
  readonly read: (text: string | RegExp) => Promise<void>
}

type Words = ReturnType<typeof wordsIn>

function wordsIn(language: Language) {
  return {
    join: joinWords[language],
    invites: invitesWords[language],
    frame: consoleWords[language],
    overview: consoleOverviewWords[language],
    codes: consoleCodesWords[language],
    accounts: consoleAccountsWords[language],
    tree: consoleTreeWords[language],
    policy: consolePolicyWords[language],
    log: consoleLogWords[language],
  }
}

/**
 * Sets up a scene in a window of its own and has it looked at.
 *
 * @param look gets the window while the scene stands
 */
export async function showScene(
  browser: Browser,
  house: House,
  language: Language,
  scene: Scene,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const web = pagesOf(house.fronted.url)
  await using visitor = await openVisitor(browser, web, {
    locale: language === 'de' ? 'de-DE' : 'en-US',
    // Axe comes from elsewhere.
    bypassCSP: true,
  })
  // Before the window: whoever is still at it lets go.
  await using after = new AsyncDisposableStack()
  const { page } = visitor
  await scene({
    house,
    page,
    say: wordsIn(language),
    after,
    go: async (path, world = house.fronted) => {
      await page.goto(pagesOf(world.url) + path)
    },
    signIn: (actor, world = house.fronted) => giveSession(world, page.context(), actor),
    press: async (name, where = 'body') => {
      const place = page.locator(where)
      await place.getByRole('button', { name }).or(place.getByRole('link', { name })).first().click()
    },
    read: (text) => page.getByText(text).locator('visible=true').first().waitFor(),
  })
  await page.waitForLoadState('networkidle')
  await look(page)
}

/** Shows what a window shows in another theme and size, once its colours have changed. */
export async function turnTo(page: Page, { colorScheme, viewport }: (typeof WINDOWS)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme })
  await page.setViewportSize(viewport)
  await page.evaluate(async () => {
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    // What is folded away would never end its own by itself, and those that end may begin others.
    for (let frames = 0; frames < 50; frames++) {
      await nextFrame()
      const running = document.getAnimations().filter(({ effect, playState }) => {
        return playState === 'running' && effect?.getComputedTiming().endTime !== Infinity
      })
      if (frames > 1 && running.length === 0) return
      for (const animation of running) animation.finish()
    }
  })
}
