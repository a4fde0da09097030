import { setTimeout as sleep } from 'node:timers/promises'
import { app, com } from '../../../src/lexicons/index.ts'
import type { PendingProps, RefusedProps } from '../../../src/web/join/props.ts'
import { newPerson, type Person } from '../../doors/people.ts'
import { giftCode, postAsAdmin } from '../../support/members.ts'
import { pagesOf } from '../browser.ts'
import { HttpBrowser, type WebReply } from '../http-browser.ts'
import type { Scene, Scenes, Stage } from './stage.ts'

const CREATE_ACCOUNT = `/xrpc/${com.atproto.server.createAccount.$nsid}`
/** What settling begins with. */
const FENCE = `/xrpc/${com.atproto.admin.disableInviteCodes.$nsid}`

/** The page of an invite that lets somebody in. */
export const joinScenes: Scenes = {
  join: ({ go, house }) => go(`/join/${house.invite}`),
  'join-from-operators': ({ go, house }) => go(`/join/${house.operators}`),
  'join-in-an-app': async ({ go, house, page, say }) => {
    await go(`/join/${house.invite}`)
    await page.getByText(say.join.wayApp).click()
  },
  'join-move': async ({ go, house, page, say }) => {
    await go(`/join/${house.invite}`)
    await page.getByText(say.join.wayMove).click()
  },
  'join-without-form': async ({ go, house: { strict } }) => go(`/join/${await giftCode(strict)}`, strict),
  'join-handle-taken': async ({ go, house, page, say, read }) => {
    await go(`/join/${house.invite}`)
    await page.locator('#name').fill('alice')
    await read(say.join.handleTaken('alice.test'))
  },
  'join-errors': async (stage) => {
    await stage.go(`/join/${stage.house.invite}`)
    await fillAndSend(stage, { ...newPerson(), handle: 'alice.test' })
    await stage.read(stage.say.join.passwordAgain)
  },
  'join-refused-by-host': async (stage) => {
    await stage.go(`/join/${stage.house.invite}`)
    stage.house.fronted.link.trouble(CREATE_ACCOUNT, { status: 400 })
    stage.after.defer(() => stage.house.fronted.link.calm())
    await fillAndSend(stage, newPerson())
    await stage.page.locator('.sign-up .notice').waitFor()
  },
  'join-too-many': async (stage) => {
    await stage.go(`/join/${stage.house.invite}`)
    stage.house.fronted.link.trouble(CREATE_ACCOUNT, { status: 429 })
    stage.after.defer(() => stage.house.fronted.link.calm())
    await fillAndSend(stage, newPerson())
    await stage.read(stage.say.join.tooManyYet)
  },
  'join-without-its-cookie': async (stage) => {
    await stage.go(`/join/${stage.house.invite}`)
    await stage.page.context().clearCookies()
    await fillAndSend(stage, newPerson())
    await stage.read(stage.say.join.cookieMissing)
  },
  'join-opened-again': async (stage) => {
    const code = await giftCode(stage.house.fronted, { useCount: 2 })
    const person = await leaveUnknown(stage, code)
    await stage.go(`/join/${code}`)
    await stage.page.getByText(person.handle).waitFor()
  },
  'join-paused': (stage) => paused(stage, { message: 'We move house until Friday.' }),
  'join-paused-but-moving': (stage) => paused(stage, { exceptMigrations: true }),
  'join-closed': async ({ go, house, page, after, say }) => {
    const { cfg } = house.fronted.world.pds.pds.ctx
    const { invites } = cfg
    const isClosed = async () => {
      await go(`/join/${house.invite}`)
      return (await page.getByText(say.join.closedTitle).count()) > 0
    }
    after.defer(async () => {
      cfg.invites = invites
      await until(async () => !(await isClosed()))
    })
    cfg.invites = { required: false }
    await until(isClosed)
  },
}

/** The page after a sign-up. */
export const joinedScenes: Scenes = {
  'join-done': async (stage) => {
    await stage.go(`/join/${await giftCode(stage.house.fronted)}`)
    await fillAndSend(stage, newPerson())
    await stage.read(stage.say.join.doneTitle)
  },
}

const PENDING: Readonly<Record<PendingProps['why'], Scene>> = {
  'may exist': async (stage) => {
    await leaveUnknown(stage, await giftCode(stage.house.fronted))
  },
  'in progress': async (stage) => {
    const { fronted } = stage.house
    const code = await giftCode(fronted)
    const person = newPerson()
    const held = fronted.link.holdAnswerTo(CREATE_ACCOUNT)
    const first = sendElsewhere(pagesOf(fronted.url), code, person)
    const release = await held
    stage.after.defer(async () => {
      release()
      await first
    })
    // A second window of the same person; the code is good until the first one is through.
    await stage.go(`/join/${stage.house.invite}`)
    await stage.page.evaluate(
      (path) => document.querySelector('form.sign-up')?.setAttribute('action', path),
      `/join/${code}`,
    )
    await fillAndSend(stage, person)
    await stage.read(stage.say.join.inProgressTitle)
  },
}

/** The page after a sign-up of which nobody knows how it went. */
export const pendingScenes: Scenes = named('join-pending', PENDING)

const REFUSED: Readonly<Record<RefusedProps['why'], Scene>> = {
  'not good': ({ go }) => go('/join/nope'),
  'too many': async ({ go, house, read, say }) => {
    await go('/join/first-guess', house.strict)
    await go('/join/second-guess', house.strict)
    await read(say.join.waitTitle)
  },
}

/** The page of an invite that lets nobody in. */
export const refusedScenes: Scenes = named('join-refused', REFUSED)

/** Signs up, and lets nobody know how that went. */
async function leaveUnknown(stage: Stage, code: string): Promise<Person> {
  const { link } = stage.house.fronted
  const person = newPerson()
  await stage.go(`/join/${code}`)
  link.loseAnswersTo(CREATE_ACCOUNT)
  link.trouble(FENCE, { status: 503 })
  stage.after.defer(() => link.calm())
  await fillAndSend(stage, person)
  await stage.read(stage.say.join.mayExistTitle)
  return person
}

/** Names scenes by what tells them apart. */
export function named(page: string, scenes: Scenes): Scenes {
  return Object.fromEntries(
    Object.entries(scenes).map(([why, scene]) => [`${page}-${why.replaceAll(' ', '-')}`, scene]),
  )
}

/** Waits until something is so. @throws after half a minute */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) if (await isSo()) return
  throw new Error('half a minute was not enough')
}

async function paused({ go, house, after, read, say }: Stage, how: object): Promise<void> {
  const { $nsid } = app.latchkey.admin.setPause
  await postAsAdmin(house.fronted, $nsid, { paused: true, ...how })
  after.defer(async () => {
    await postAsAdmin(house.fronted, $nsid, { paused: false })
  })
  await go(`/join/${house.invite}`)
  await read(say.join.pausedTitle)
}

async function fillAndSend({ page, say }: Stage, { handle, email, password }: Person): Promise<void> {
  await page.locator('#name').fill(handle.split('.')[0] ?? '')
  await page.locator('#email').fill(email)
  await page.locator('#password').fill(password)
  await page.locator('#consent').check()
  await page.getByRole('button', { name: say.join.create }).click()
}

/** Signs up in another browser. */
function sendElsewhere(web: string, code: string, { handle, email, password }: Person): Promise<WebReply> {
  const name = handle.split('.')[0] ?? ''
  const fields = { name, domain: '.test', email, password, consent: 'on' }
  return new HttpBrowser(web).fillIn(`/join/${code}`, fields)
}
