import { expect, test, vi } from 'vitest'
import type { Door } from '../../src/invites/types.ts'
import { DOORS, signUp, somebody } from '../chaos/people.ts'
import { startInstallation } from './installation.ts'

test.each<Door>(DOORS)(
  'by the door %s somebody is let in whose code is taken over after the PDS has found it good, and before it makes the account',
  { timeout: 60_000 },
  async (door) => {
    await using place = await startInstallation()
    const { plcClient } = place.world.pds.pds.ctx
    const code = await place.world.createPdsCode({ useCount: 2 })
    await place.serve()
    const first = somebody(door, code)
    // The PDS looks at the code, makes the identity, and looks at the code once more while it makes the account.
    const sending = vi.spyOn(plcClient, 'sendOperation').mockImplementationOnce(async (did, operation) => {
      expect((await place.run('import', '--take-over')).code).toBe(0)
      await plcClient.sendOperation(did, operation)
    })
    const heard = await signUp(place.url, first)
    expect(sending.mock.calls.length).toBeGreaterThan(1)
    expect(heard?.status, JSON.stringify(heard?.body)).toBe(200)
    expect(await signUp(place.url, somebody(door, code))).toMatchObject({ status: 200 })
    expect(await signUp(place.url, somebody(door, code))).toMatchObject({ status: 400 })
  },
)
