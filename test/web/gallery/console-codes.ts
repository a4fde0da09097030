import { app } from '../../../src/lexicons/index.ts'
import { giftCode, postAsAdmin } from '../../support/members.ts'
import { MODERATOR } from './house.ts'
import type { Scene, Scenes, Stage } from './stage.ts'

/**
 * The codes of the console.
 *
 * @param at makes scenes of a view as an administrator sees it, `bare` of one where nothing has happened yet
 */
export function codesScenes(
  at: (view: string, act?: Scene) => Scene,
  bare: (view: string, says: (say: Stage['say']) => string) => Scene,
): Scenes {
  const here = (act: Scene) =>
    at('/codes', async (stage) => {
      await stage.page
        .getByRole('region', { name: stage.say.codes.table })
        .locator('tbody tr')
        .first()
        .waitFor()
      await act(stage)
    })
  /** With few rows behind what is done there. */
  const among = (act: Scene) =>
    here(async (stage) => {
      await look(stage.page, stage.say.codes.query, 'Meet-up')
      await act(stage)
    })
  const inDialog = ({ press }: Stage, name: string) => press(name, 'dialog[open]')
  return {
    'as-they-are': here(async () => {}),
    selected: here(({ page, say }) => page.getByLabel(say.codes.selectAll).check()),
    'not-found': here(async ({ page, read, say }) => {
      await page.getByLabel(say.codes.query).fill('nothing is like this')
      await page.keyboard.press('Enter')
      await read(say.codes.nothing)
    }),
    creating: among(({ press, say }) => press(say.codes.create)),
    'creating-for-nobody': among(async (stage) => {
      const { page, press, read, say } = stage
      await press(say.codes.create)
      await page.getByRole('dialog').getByLabel(say.codes.owner).fill('nobody.test')
      await inDialog(stage, say.codes.make)
      await read(say.codes.unknownAccount)
    }),
    created: among(async (stage) => {
      await stage.press(stage.say.codes.create)
      await stage.page.getByRole('dialog').getByLabel(stage.say.codes.count).fill('3')
      await inDialog(stage, stage.say.codes.make)
      await stage.page.getByRole('dialog').getByText(stage.say.codes.made(3)).waitFor()
    }),
    giving: among(({ press, say }) => press(say.codes.give)),
    'giving-to-so-many': among(async (stage) => {
      await stage.press(stage.say.codes.give)
      await inDialog(stage, stage.say.codes.preview)
      await stage.page.getByRole('dialog').getByRole('button', { name: stage.say.codes.change }).waitFor()
    }),
    'one-in-detail': here(async ({ house, page, press, say }) => {
      await look(page, say.codes.query, house.invite)
      await press(house.invite)
      await page.getByRole('dialog').getByText('@ruth.test').waitFor()
    }),
    replacing: here(async (stage) => {
      await replacing(stage)
    }),
    replaced: here(async (stage) => {
      await replacing(stage)
      await inDialog(stage, stage.say.codes.replace)
      await stage.page.getByRole('dialog').getByRole('heading', { name: stage.say.codes.newCode }).waitFor()
    }),
    disabling: here(async (stage) => {
      await choose(stage)
      await stage.press(new RegExp(`^${stage.say.codes.disable}$`))
      await stage.page.getByRole('dialog').getByLabel(stage.say.codes.note).waitFor()
    }),
    disabled: here(async (stage) => {
      await choose(stage)
      await stage.press(new RegExp(`^${stage.say.codes.disable}$`))
      await inDialog(stage, stage.say.codes.disable)
      await stage.page.locator('.notice').getByText(stage.say.codes.disabled(1)).waitFor()
    }),
    enabling: here(async (stage) => {
      await choose(stage)
      await stage.press(new RegExp(`^${stage.say.codes.enable}$`))
      await stage.page.getByRole('dialog').getByText(stage.say.codes.enableNothing).waitFor()
    }),
    'to-a-moderator': async ({ signIn, go, page, say }) => {
      await signIn(MODERATOR)
      await go('/admin/codes')
      await page.getByLabel(say.codes.selectAll).check()
    },
    'next-page': here(async ({ press, page }) => {
      await press(/^(Next|Weiter|Nächste)/)
      await page.getByText(/^(Page|Seite) 2$/).waitFor()
    }),
    empty: bare('/codes', (say) => say.codes.none),
    'did-not-come': at('/codes', async ({ page, read, say }) => {
      await page.route(`**/xrpc/${app.latchkey.admin.listCodes.$nsid}`, (route) => route.abort())
      await page.reload()
      await read(say.frame.failed)
    }),
  }
}

async function look(page: Stage['page'], field: string, query: string): Promise<void> {
  await page.getByLabel(field).fill(query)
  await page.keyboard.press('Enter')
}

/** Makes a code and asks whether to replace it. */
async function replacing({ house, page, press, say }: Stage): Promise<void> {
  const code = await giftCode(house.fronted, { useCount: 3, forAccount: house.bob.did })
  await look(page, say.codes.query, code)
  await press(code)
  await press(say.codes.replace, 'dialog[open]')
  await page.getByText(say.codes.replaceText(3)).waitFor()
}

/** Makes a code and selects it. */
async function choose({ house, page, say }: Stage): Promise<void> {
  const input = { count: 1, uses: 1, note: 'Left at the bar' }
  const answer = await postAsAdmin(house.fronted, app.latchkey.admin.createCodes.$nsid, input)
  const [code = ''] = ((await answer.json()) as app.latchkey.admin.createCodes.$OutputBody).codes
  await look(page, say.codes.query, code)
  await page.getByLabel(say.codes.select(code)).check()
}
