import { app, com } from '../../../src/lexicons/index.ts'
import type { View } from '../../../src/web/console/props.ts'
import { newPerson } from '../../doors/people.ts'
import { giftCode, postAsAdmin } from '../../support/members.ts'
import { codesScenes } from './console-codes.ts'
import { problems } from './invites.ts'
import { named, until } from './join.ts'
import { MODERATOR } from './house.ts'
import type { Scene, Scenes, Stage } from './stage.ts'

const { admin } = app.latchkey

/** A view of the console as an administrator sees it, and what is done there. */
function at(view: string, act: Scene = async () => {}): Scene {
  return async (stage) => {
    await stage.signIn(stage.house.alice.did)
    await stage.go(`/admin${view}`)
    await act(stage)
  }
}

/** The same where nothing has happened yet. */
function bare(view: string, says: (say: Stage['say']) => string): Scene {
  return async ({ signIn, go, house, read, say }) => {
    await signIn('admin', house.bare)
    await go(`/admin${view}`, house.bare)
    await read(says(say))
  }
}

/** The console before an operator is signed in. */
export const consoleSignInScenes: Scenes = {
  'console-sign-in': ({ go }) => go('/admin'),
  'console-break-glass': async ({ go, page, say }) => {
    await go('/admin')
    await page.getByText(say.frame.breakGlass).click()
  },
  'console-stranger': async ({ go, signIn, house, read, say }) => {
    await signIn(house.bob.did)
    await go('/admin')
    await read(say.frame.noOperator('bob.test'))
  },
  ...problems('console-sign-in', '/admin', ['denied', 'failed', 'password']),
}

const OVERVIEW: Scenes = {
  'as-it-is': at('', chartDrawn),
  'by-the-day': at('', async (stage) => {
    await chartDrawn(stage)
    await stage.page.locator('.chart-day').last().focus()
  }),
  pausing: at('', ({ press, say }) => press(say.overview.pause)),
  paused: at('', async ({ house, after, page, read, say }) => {
    const paused = { paused: true, message: 'We clean up. Back on Monday.', exceptMigrations: true }
    await postAsAdmin(house.fronted, admin.setPause.$nsid, paused)
    after.defer(async () => {
      await postAsAdmin(house.fronted, admin.setPause.$nsid, { paused: false })
    })
    await page.reload()
    await read(say.overview.paused)
  }),
  resumed: at('', async ({ house, page, press, read, say }) => {
    await postAsAdmin(house.fronted, admin.setPause.$nsid, { paused: true })
    await page.reload()
    await press(say.overview.resume)
    await read(say.overview.isResumed)
  }),
  closed: at('', async ({ house, after, page, say }) => {
    const { cfg } = house.fronted.world.pds.pds.ctx
    const { invites } = cfg
    const isClosed = async () => {
      await page.reload({ waitUntil: 'networkidle' })
      return (await page.getByText(say.overview.closed).count()) > 0
    }
    after.defer(async () => {
      cfg.invites = invites
      await until(async () => !(await isClosed()))
    })
    cfg.invites = { required: false }
    await until(isClosed)
  }),
  unsettled: at('', async ({ house: { fronted }, after, page, read, say }) => {
    const { createAccount } = com.atproto.server
    fronted.link.loseAnswersTo(`/xrpc/${createAccount.$nsid}`)
    fronted.link.trouble(`/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`, 'reset')
    after.defer(() => fronted.link.calm())
    const body = JSON.stringify({ ...newPerson(), inviteCode: await giftCode(fronted) })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${fronted.url}/xrpc/${createAccount.$nsid}`, { method: 'POST', headers, body })
    await page.reload()
    await read(say.overview.unsettled(1))
  }),
  empty: bare('', (say) => say.overview.noCodes),
  'did-not-come': at('', async ({ page, read, say }) => {
    await page.route(`**/xrpc/${admin.getStatus.$nsid}*`, (route) => route.abort())
    await page.reload()
    await read(say.frame.failed)
  }),
  'signed-out': at('', async ({ page, press, read, say }) => {
    await press(say.overview.pause)
    await page.context().clearCookies()
    await press(say.overview.pause, 'dialog[open]')
    await read(say.frame.signedOut)
  }),
}

const ACCOUNTS: Scenes = {
  'as-they-are': at('/accounts', ({ read }) => read('@bob.test')),
  'turning-off': at('/accounts', ({ press, say }) => press(say.accounts.turnOffFor('@bob.test'))),
  'turning-on': at('/accounts', ({ press, say }) => press(say.accounts.turnOnFor('@off.test'))),
  'turned-on': at('/accounts', async ({ house, after, press, read, say }) => {
    await press(say.accounts.turnOnFor('@off.test'))
    await press(say.accounts.turnOn, 'dialog[open]')
    await read(say.accounts.isOn('@off.test'))
    const again = { accounts: [house.off.did], disabled: true, note: 'Sold codes' }
    after.defer(async () => {
      await postAsAdmin(house.fronted, admin.setInvitesDisabled.$nsid, again)
    })
  }),
  'not-found': at('/accounts', async ({ page, read, say }) => {
    await page.getByLabel(say.accounts.search).fill('nobody')
    await page.keyboard.press('Enter')
    await read(say.accounts.notFound('nobody'))
  }),
  'to-a-moderator': async ({ signIn, go, read }) => {
    await signIn(MODERATOR)
    await go('/admin/accounts')
    await read('@bob.test')
  },
  empty: bare('/accounts', (say) => say.accounts.none),
}

const TREE: Scenes = {
  unfolded: at('/tree', async ({ press, read }) => {
    await press('@alice.test')
    await press('@mira.test')
    await read('@jonas.test')
  }),
  found: at('/tree', async ({ page, say }) => {
    await page.getByLabel(say.tree.search).fill('mira')
    await page.keyboard.press('Enter')
    await page.getByRole('navigation', { name: say.tree.found }).waitFor()
  }),
  'not-found': at('/tree', async ({ page, read, say }) => {
    await page.getByLabel(say.tree.search).fill('nobody')
    await page.keyboard.press('Enter')
    await read(say.tree.notFound('nobody'))
  }),
  branch: (stage) => branchOf(stage.house.alice.did, stage),
  leaf: (stage) => branchOf(stage.house.off.did, stage),
  gone: at('/tree#did:plc:nobodynobodynobodynobody', ({ read, say }) => read(say.tree.gone)),
  empty: bare('/tree', (say) => say.tree.empty),
}

const POLICY: Scenes = {
  'from-settings': at('/policy', ({ read, say }) => read(say.policy.change)),
  previewed: at('/policy', async ({ press, page, say }) => {
    await press(say.policy.preview)
    await page.locator('.policy .notice').waitFor()
  }),
  'nobody-earns': bare('/policy', (say) => say.policy.nobodyEarns),
  'to-a-moderator': async ({ signIn, go, read, say }) => {
    await signIn(MODERATOR)
    await go('/admin/policy')
    await read(say.policy.allTimeCounts)
  },
}

const LOG: Scenes = {
  'as-it-is': at('/log', logDrawn),
  details: at('/log', async (stage) => {
    await logDrawn(stage)
    await stage.page
      .getByRole('region', { name: stage.say.log.eventsTable })
      .locator('summary')
      .first()
      .click()
  }),
  undoing: at('/log', undoing),
  undone: at('/log', async (stage) => {
    await undoing(stage)
    await stage.press(stage.say.log.undo, 'dialog[open]')
    await stage.read(stage.say.log.undone)
  }),
  'not-found': at('/log', async ({ page, read, say }) => {
    await page.getByLabel(say.log.byWhom).fill('nobody.test')
    await page.keyboard.press('Enter')
    await read(say.log.noEvents)
  }),
  empty: bare('/log', (say) => say.log.noBatches),
}

/** All views of the console; none is forgotten. */
const VIEWS: Readonly<Record<View, Scenes>> = {
  overview: OVERVIEW,
  codes: codesScenes(at, bare),
  accounts: ACCOUNTS,
  tree: TREE,
  policy: POLICY,
  log: LOG,
}

/** The operators' console. */
export const consoleScenes: Scenes = Object.assign(
  {},
  ...Object.entries(VIEWS).map(([view, scenes]) => named(`console-${view}`, scenes)),
) as Scenes

async function chartDrawn({ page }: Stage): Promise<void> {
  await page.locator('.chart-day').last().waitFor()
}

async function branchOf(did: string, stage: Stage): Promise<void> {
  await at(`/tree#${did}`, ({ page, say }) => page.getByRole('navigation', { name: say.tree.way }).waitFor())(
    stage,
  )
}

async function logDrawn({ page }: Stage): Promise<void> {
  await page.locator('.log-what').first().waitFor()
}

/** Asks whether to undo something that was done for that. */
async function undoing(stage: Stage): Promise<void> {
  const { house, page, press, say } = stage
  await postAsAdmin(house.fronted, admin.createCodes.$nsid, { count: 2, uses: 1, note: 'A mistake' })
  await page.reload()
  await press(new RegExp(`^${say.log.undo}:`))
  await page.getByRole('dialog').getByText(say.log.undoing.createCodes(2)).waitFor()
}
