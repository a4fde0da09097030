import { app } from '../../../src/lexicons/index.ts'
import { SIGN_IN_PROBLEMS, type SignInProblem } from '../../../src/web/sign-in/problems.ts'
import { join } from '../../support/members.ts'
import { named } from './join.ts'
import type { Scene, Scenes, Stage } from './stage.ts'

/** Where small tickets are. */
const SMALL = '.tickets'

const asAlice = async ({ go, signIn, house }: Stage) => {
  await signIn(house.alice.did)
  await go('/invites')
}

/** Alice's page, and what is done there. */
function after(act: Scene): Scene {
  return async (stage) => {
    await asAlice(stage)
    await act(stage)
  }
}

/** The page of invites before somebody is signed in. */
export const signInScenes: Scenes = {
  'sign-in': ({ go }) => go('/invites'),
  ...problems('sign-in', '/invites', SIGN_IN_PROBLEMS),
}

/** The page of a member's invites. */
export const invitesScenes: Scenes = {
  invites: asAlice,
  'invites-large': after(({ press, say }) => press(new RegExp(`^${say.invites.showLarge}`))),
  'invites-qr': after(({ press, say }) => press(new RegExp(`^${say.invites.showQr}`), SMALL)),
  'invites-menu': after(({ page }) => page.locator(`${SMALL} .menu summary`).first().click()),
  'invites-name': after(({ press, say }) => press(new RegExp(`^${say.invites.name}`), '.invite-more')),
  'invites-named': after(async ({ press, page, read, say }) => {
    await press(new RegExp(`^(${say.invites.name}|${say.invites.rename})`), '.invite-more')
    await page.keyboard.press('Enter')
    await read(say.invites.unnamed)
  }),
  'invites-switch-off': after(switchOff),
  'invites-failed': after(async (stage) => {
    await stage.page.route(`**/xrpc/${app.latchkey.switchOffCode.$nsid}`, (route) => route.abort())
    await switchOff(stage)
    await stage.press(stage.say.invites.switchOff, 'dialog[open]')
    await stage.read(stage.say.invites.failed)
  }),
  'invites-signed-out': after(async (stage) => {
    await stage.page.context().clearCookies()
    await switchOff(stage)
    await stage.press(stage.say.invites.switchOff, 'dialog[open]')
    await stage.read(stage.say.invites.signedOut)
  }),
  'invites-ended': after(({ page, say }) => page.getByText(say.invites.ended).click()),
  'invites-many': async ({ go, signIn, house }) => {
    await signIn(house.rich.did)
    await go('/invites')
  },
  'invites-none': async ({ go, signIn, house, read, say }) => {
    people += 1
    const { did } = await join(house.fronted, `new-${people}.test`)
    await signIn(did)
    await go('/invites')
    await read(say.invites.nobody)
  },
  'invites-turned-off': async ({ go, signIn, house, read, say }) => {
    await signIn(house.off.did)
    await go('/invites')
    await read(say.invites.why.disabled)
  },
}

let people = 0

function switchOff({ press, say }: Stage): Promise<void> {
  return press(new RegExp(`^${say.invites.switchOff}`), '.invite-more')
}

/** Reasons why somebody is not signed in. */
export function problems(page: string, path: string, why: readonly SignInProblem[]): Scenes {
  const told = why.map((problem) => [problem, ({ go }: Stage) => go(`${path}?problem=${problem}`)])
  return named(page, Object.fromEntries(told) as Scenes)
}
