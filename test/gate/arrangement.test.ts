import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkArrangement, type Fault } from '../../src/gate/arrangement.ts'
import { PdsClient } from '../../src/pds/client.ts'
import { startLossyLink } from '../support/lossy-link.ts'
import { PDS_LINES, startWorld, type World } from '../support/pds.ts'

const DID = 'did:web:localhost'
const UNREACHED = 'http://127.0.0.1:9'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

beforeEach(() => {
  const { cfg } = world.pds.pds.ctx
  cfg.invites = { required: true, interval: null, epoch: 0 }
  cfg.service.did = DID
  cfg.service.version = '0.5.0'
})

function clientOf(url: string = world.pds.url, adminPassword = world.secrets.adminPassword): PdsClient {
  return new PdsClient({ url: new URL(url), adminPassword, rateLimitBypassKey: undefined })
}

async function faultOf(pds: PdsClient, did?: string): Promise<Fault | null> {
  return (await checkArrangement(pds, did)).fault
}

function letAnybodyIn(): void {
  world.pds.pds.ctx.cfg.invites = { required: false }
}

describe('a look at the PDS', () => {
  test('a wrong admin password is told by the setting to mend', async () => {
    expect(await faultOf(clientOf(world.pds.url, 'wrong'))).toEqual({
      kind: 'password',
      sentence: expect.stringMatching(/^LATCHKEY_PDS_ADMIN_PASSWORD is not accepted by the PDS at http:\S+ /),
    })
  })

  test('a PDS that lets anybody in is no place for Latchkey', async () => {
    letAnybodyIn()
    expect(await faultOf(clientOf())).toEqual({
      kind: 'invites not required',
      sentence: expect.stringMatching(/set PDS_INVITE_REQUIRED=true there\.$/),
    })
  })

  test.each(PDS_LINES)('a PDS %s behind an entryway is known as one, whatever the password', async (line) => {
    await using behind = await startWorld({ line, behindEntryway: true })
    const fault = { kind: 'entryway', sentence: expect.stringMatching(/PDS_ENTRYWAY_URL.*LATCHKEY_PDS_URL/) }
    expect(await faultOf(clientOf(behind.pds.url, behind.secrets.adminPassword))).toEqual(fault)
    expect(await faultOf(clientOf(behind.pds.url, 'wrong'))).toEqual(fault)
  })

  test('no PDS, and a server that is none, are told by their address', async () => {
    const fault = (kind: string, url: string) => ({
      kind,
      sentence: expect.stringMatching(`^LATCHKEY_PDS_URL is ${url}, where no PDS answers: `),
    })
    expect(await faultOf(clientOf(UNREACHED))).toEqual(fault('unreachable', UNREACHED))
    expect(await faultOf(clientOf(world.plc.url))).toEqual(fault('not a PDS', world.plc.url))
  })

  test('a PDS that is too busy or not well counts as away', async () => {
    await using link = await startLossyLink(world.pds.url)
    for (const status of [429, 500, 503]) {
      link.trouble(() => true, { status })
      expect(await faultOf(clientOf(link.url))).toMatchObject({ kind: 'unreachable' })
    }
  })

  test('another PDS than the database knows is refused', async () => {
    expect(await faultOf(clientOf(), 'did:web:elsewhere')).toEqual({
      kind: 'another PDS',
      sentence: expect.stringMatching(/^The database belongs to the PDS did:web:elsewhere, and the one at /),
    })
  })

  test('another PDS is told before all that may be wrong with it, since it alone stops the start', async () => {
    const another = { kind: 'another PDS' }
    expect(await faultOf(clientOf(world.pds.url, 'wrong'), 'did:web:elsewhere')).toMatchObject(another)
    letAnybodyIn()
    expect(await faultOf(clientOf(), 'did:web:elsewhere')).toMatchObject(another)
  })

  test('a PDS that is as it should be has no fault', async () => {
    const sound = { fault: null, did: DID, hasInviteCodes: false }
    expect(await checkArrangement(clientOf())).toEqual(sound)
    expect(await checkArrangement(clientOf(), DID)).toEqual(sound)
    await world.createPdsCode()
    expect(await checkArrangement(clientOf())).toEqual({ ...sound, hasInviteCodes: true })
  })
})
