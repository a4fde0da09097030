import { DatabaseSync } from 'node:sqlite'
import type { Pages } from '../../../src/web/pages.ts'
import type { FrontedWorld } from '../../support/latchkey.ts'
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
  'not-found': { 'nothing-here': ({ go }) => go('/invites/nothing') },
  broken: {
    broken: async ({ go, house: { fronted, invite }, after, page }) => {
      rename(fronted, 'invite_code', 'mislaid')
      after.defer(() => rename(fronted, 'mislaid', 'invite_code'))
      await go(`/join/${invite}`)
      await page.locator('a[href=""]').waitFor()
    },
  },
}

/** All of them, by name: what tests look over and what pictures are taken of. */
export const SCENES: readonly (readonly [name: string, scene: Scene])[] = Object.values(PAGES).flatMap(
  (scenes) => Object.entries(scenes),
)

/** Renames a table of a running Latchkey, which then can't find it: what nobody has thought of. */
function rename({ databasePath }: FrontedWorld, from: string, to: string): void {
  using database = new DatabaseSync(databasePath, { timeout: 5000 })
  database.exec(`ALTER TABLE ${from} RENAME TO ${to}`)
}
