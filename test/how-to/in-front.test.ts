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
      expect(await live.openAtPds()).toEqual([])
      const after = await live.codesOf(live.founder)
      expect(after.map(({ code }) => code)).toEqual(expect.arrayContaining(before.map(({ code }) => code)))
      for (const [did, code] of arrivals) expect(await live.invitedBy(did)).toBe(code)
      expect(audit(live.books)).toEqual([])
      // Every code that was good is still good, once.
      for (const code of live.unused) {
        expect(await live.signUp(code)).toMatchObject({ status: 200 })
        expect(await live.signUp(code)).toMatchObject({ status: 400, body: { error: 'InvalidInviteCode' } })
      }
    },
  )

  test(
    'takes it away again, and a code of Latchkey’s signs up at the bare PDS',
    { timeout: 120_000 },
    async () => {
      const code = await live.giftCode({ useCount: 2 })
      expect(await live.signUp(code)).toMatchObject({ status: 200 })
      for (const { commands } of await guide('take-it-away-again')) await live.shell.run(commands)
      expect(await live.isLatchkeyUp()).toBe(false)
      expect(await live.signUp(code)).toMatchObject({ status: 200 })
      expect(await live.signUp(code)).toMatchObject({ status: 400, body: { error: 'InvalidInviteCode' } })
    },
  )
})
