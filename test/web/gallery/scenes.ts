import { com } from '../../../src/lexicons/index.ts'
import type { Pages } from '../../../src/web/pages.ts'
import { giftCode } from '../../support/members.ts'
import { consoleScenes, consoleSignInScenes } from './console.ts'
import { invitesScenes, signInScenes } from './invites.ts'
import { joinedScenes, joinScenes, pendingScenes, refusedScenes } from './join.ts'
import type { Scene, Scenes } from './stage.ts'

/** Every page in each of its states: whoever adds a page adds scenes of it. */
const PAGES: Readonly<Record<keyof Pages, Scenes>> = {
  join: joinScenes,
  joined: joinedScenes,
  pending: pendingScenes,
  refused: refusedScenes,
  'sign-in': signInScenes,
  invites: invitesScenes,
  'console-sign-in': consoleSignInScenes,
  console: consoleScenes,
  'not-found': { 'nothing-here': ({ go }) => go('/join') },
  broken: {
    broken: async ({ go, house: { strict }, after, page }) => {
      // What the PDS told before is forgotten by that.
      await strict.stopLatchkey()
      await strict.startLatchkey()
      strict.link.trouble(`/xrpc/${com.atproto.server.describeServer.$nsid}`, 'reset')
      after.defer(() => strict.link.calm())
      await go(`/join/${await giftCode(strict)}`, strict)
      await page.locator('a[href=""]').waitFor()
    },
  },
}

/** All of them, by name: what tests look over and what pictures are taken of. */
export const SCENES: readonly (readonly [name: string, scene: Scene])[] = Object.values(PAGES).flatMap(
  (scenes) => Object.entries(scenes),
)
