import { afterEach, describe, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { audit } from '../chaos/auditor.ts'
import { accountInfo, allCodes, type Installation, startInstallation, tellPds } from './installation.ts'
import { comeIn, expectIn, isEarning, PATIENCE } from './take-over-support.ts'

let place: Installation

afterEach(() => place[Symbol.asyncDispose]())

describe('what the operator disabled at the PDS after the import', () => {
  const disable = (...codes: string[]) =>
    tellPds(place.world, com.atproto.admin.disableInviteCodes.$nsid, { codes })
  let codes: readonly [string, string]

  /** Two codes that were imported when both were open, and an account. */
  async function importTwo(): Promise<string> {
    place = await startInstallation()
    const { world } = place
    const { did } = await world.createAccount({ handle: 'alice.test' })
    codes = [await world.createPdsCode(), await world.createPdsCode()]
    await place.serve()
    expect((await place.run('import')).code).toBe(0)
    return did
  }

  test(
    'stays disabled, codes and accounts, whether it is imported again or taken over',
    async () => {
      const did = await importTwo()
      const [off, good] = codes
      const isOff = async () => (await allCodes(place.url, place.world)).get(off)?.disabled
      await disable(off)
      await place.run('import')
      expect(await isOff()).toBe(true)
      await tellPds(place.world, com.atproto.admin.disableAccountInvites.$nsid, { account: did })
      expect((await place.run('import', '--take-over')).code).toBe(0)
      expect(await comeIn(place, off)).toMatchObject([{ status: 400 }])
      await expectIn(comeIn(place, good))
      expect(await accountInfo(place.url, place.world, did)).toMatchObject({ invitesDisabled: true })
      // From then on it is Latchkey's to say.
      await tellPds(place.world, com.atproto.admin.enableAccountInvites.$nsid, { account: did })
      await place.run('import')
      expect(await accountInfo(place.url, place.world, did)).toMatchObject({ invitesDisabled: true })
    },
    PATIENCE,
  )

  test.each([
    ['--keep-disabled', 400],
    ['--reopen', 200],
  ])(
    'has to be judged by the operator when no code is left open: %s',
    async (flag, status) => {
      await importTwo()
      await disable(...codes)
      expect((await place.run('import')).code).toBe(0)
      const { code, stdout, stderr } = await place.run('import', '--take-over')
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(
        /^Every code .* disabled at the PDS by now \(2\), and nothing was changed\..*--reopen.*--keep-disabled\.$/m,
      )
      expect(await isEarning(place)).toBe(false)
      expect(await place.run('import', '--take-over', flag)).toMatchObject({ code: 0 })
      for (const one of codes) expect(await comeIn(place, one)).toMatchObject([{ status }])
      expect(audit(place.books)).toEqual([])
    },
    PATIENCE,
  )
})
