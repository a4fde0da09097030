import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audit } from '../chaos/auditor.ts'
import { withoutCaddy } from '../support/caddy.ts'
import { readGuide } from './guide.ts'
import { type LivePds, startLivePds } from './live-pds.ts'
import { startTraffic } from './traffic.ts'

const guide = (name: string) => readGuide(new URL(`../../docs/how-to/${name}.md`, import.meta.url))

describe.skipIf(withoutCaddy())('an operator who follows the guides', () => {
  let live: LivePds

  beforeAll(async () => {
    live = await startLivePds()
  }, 60_000)

  afterAll(() => live[Symbol.asyncDispose]())

  const gift = () => live.giftCode({ useCount: 1 })

  async function expectGoodOnce(code: string): Promise<void> {
    expect(await live.signUp(code), code).toMatchObject({ status: 200 })
    await expectRefused(code)
  }

  async function expectRefused(code: string): Promise<void> {
    const refused = { status: 400, body: { error: 'InvalidInviteCode' } }
    expect(await live.signUp(code), code).toMatchObject(refused)
  }

  test(
    'puts Latchkey in front of a PDS that people use, and nobody notices',
    { timeout: 240_000 },
    async () => {
      const blocks = await guide('put-latchkey-in-front-of-your-pds')
      const quiet = blocks.at(-1)
      const before = await live.codesOf(live.founder)
      const traffic = startTraffic(live)
      await traffic.rounds(2)
      for (const { commands } of blocks.slice(0, -1)) {
        await live.shell.run(commands)
        await traffic.rounds(2)
      }
      const { failures, arrivals } = await traffic.stop()
      expect(failures).toEqual([])
      expect(arrivals.length).toBeGreaterThan(10)

      await live.shell.run(quiet?.commands ?? '')
      expect(live.caddyStarts()).toBe(1)
      // The PDS that runs has no interval any more, and makes nothing out of the founder's ten days.
      await live.codesAtPds(live.founder)
      expect(await live.openAtPds()).toEqual([])
      const after = await live.codesOf(live.founder)
      expect(after.map(({ code }) => code)).toEqual(expect.arrayContaining(before.map(({ code }) => code)))
      for (const [did, code] of arrivals) expect(await live.invitedBy(did)).toBe(code)
      expect(audit(live.books)).toEqual([])
      // Every code that was good is still good, once; the first two are kept for the way back.
      expect(live.unused.length).toBeGreaterThan(3)
      for (const code of live.unused.slice(2)) await expectGoodOnce(code)
      for (const code of live.dead) await expectRefused(code)
    },
  )

  test(
    'takes it away again, and a code of Latchkey’s signs up at the bare PDS',
    { timeout: 120_000 },
    async () => {
      const half = await live.giftCode({ useCount: 2 })
      const [untouched, usedUp, disabled] = [await gift(), await gift(), await gift()]
      for (const code of [half, usedUp]) expect(await live.signUp(code)).toMatchObject({ status: 200 })
      await live.disable(disabled)
      for (const { commands } of await guide('take-it-away-again')) await live.shell.run(commands)
      expect(await live.isLatchkeyUp()).toBe(false)
      expect(live.caddyStarts()).toBe(1)
      for (const code of [half, untouched, ...live.unused.slice(0, 2)]) await expectGoodOnce(code)
      for (const code of [usedUp, disabled, ...live.dead, ...live.unused.slice(2)]) await expectRefused(code)
      expect(await live.signUpByForm(live.shared)).toMatchObject({ status: 200 })
      // Nobody starts it by mistake, where both would redeem the same codes. This ends the shell.
      const started = live.shell.run('latchkey serve --settings latchkey.env')
      await expect(started).rejects.toThrow(/were given back to the PDS .*latchkey eject --withdraw/)
    },
  )
})
