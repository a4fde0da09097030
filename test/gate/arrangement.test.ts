import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkArrangement, type Fault, watchArrangement } from '../../src/gate/arrangement.ts'
import { PdsClient } from '../../src/pds/client.ts'
import { type LossyLink, startLossyLink } from '../support/lossy-link.ts'
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

  test('a PDS that is as it should be has no fault', async () => {
    const sound = { fault: null, did: DID, hasInviteCodes: false }
    expect(await checkArrangement(clientOf())).toEqual(sound)
    expect(await checkArrangement(clientOf(), DID)).toEqual(sound)
    await world.createPdsCode()
    expect(await checkArrangement(clientOf())).toEqual({ ...sound, hasInviteCodes: true })
  })
})

describe('the watch', () => {
  interface Line {
    readonly level: 'info' | 'error'
    readonly message: string
  }

  /** Watches through a link that can be cut, without the waiting. */
  async function watch(setting: { fault?: Fault; adminPassword?: string } = {}) {
    await using stack = new AsyncDisposableStack()
    const link: LossyLink = stack.use(await startLossyLink(world.pds.url))
    const lines: Line[] = []
    const asked = vi.fn<() => void>()
    const pds = clientOf(link.url, setting.adminPassword)
    const askVersion = pds.version.bind(pds)
    pds.version = () => {
      asked()
      return askVersion()
    }
    const arrangement = stack.use(
      watchArrangement({
        pds,
        did: DID,
        fault: setting.fault ?? null,
        log: {
          info: (_details, message) => lines.push({ level: 'info', message }),
          error: (_details, message) => lines.push({ level: 'error', message }),
        },
        looks: { whileSound: 10, whileFaulty: 5 },
      }),
    )
    const running = stack.move()
    return {
      arrangement,
      link,
      lines,
      kind: () => arrangement.fault?.kind,
      /** Waits until a look that began after this call has ended. */
      async nextLook() {
        const before = asked.mock.calls.length
        await vi.waitUntil(() => asked.mock.calls.length >= before + 2, { timeout: 5000, interval: 5 })
      },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  }

  const until = (probe: () => unknown) => expect.poll(probe, { timeout: 5000, interval: 5 })

  test('a PDS restarted with another version and other settings closes the doors until it is mended', async () => {
    await using watched = await watch()
    const { lines, kind } = watched
    await watched.nextLook()
    expect([kind(), lines]).toEqual([undefined, []])

    watched.link.refuse(true)
    await until(kind).toBe('unreachable')
    world.pds.pds.ctx.cfg.service.version = '0.6.0'
    letAnybodyIn()
    watched.link.refuse(false)
    await until(kind).toBe('invites not required')
    await watched.nextLook()
    world.pds.pds.ctx.cfg.invites = { required: true, interval: null, epoch: 0 }
    await until(kind).toBeUndefined()
    expect(lines).toEqual([
      { level: 'error', message: expect.stringMatching(/^sign-ups are closed: .* no PDS answers: /) },
      { level: 'info', message: 'the PDS has another version' },
      { level: 'error', message: expect.stringMatching(/^sign-ups are closed: The PDS at .* lets people/) },
      { level: 'info', message: 'the PDS is in order again: sign-ups are open' },
    ])
  })

  test('settings that change without a new version are noticed too', async () => {
    await using watched = await watch()
    letAnybodyIn()
    await until(watched.kind).toBe('invites not required')
  })

  test('a PDS that goes away and comes back as another stays closed', async () => {
    await using watched = await watch()
    watched.link.refuse(true)
    await until(watched.kind).toBe('unreachable')
    world.pds.pds.ctx.cfg.service.did = 'did:web:elsewhere'
    watched.link.refuse(false)
    await until(watched.kind).toBe('another PDS')
    world.pds.pds.ctx.cfg.service.did = DID
    await until(watched.kind).toBeUndefined()
  })

  test('what the start has found stands until a look finds otherwise', async () => {
    const fault: Fault = { kind: 'unreachable', sentence: 'It was away.' }
    await using watched = await watch({ fault })
    expect(watched.arrangement.fault).toBe(fault)
    await until(watched.kind).toBeUndefined()
    expect(watched.lines.map(({ message }) => message)).toEqual([
      'sign-ups are closed: It was away.',
      'the PDS is in order again: sign-ups are open',
    ])
  })

  test('a password that stays wrong is told once', async () => {
    await using watched = await watch({ adminPassword: 'wrong' })
    await until(watched.kind).toBe('password')
    await watched.nextLook()
    expect(watched.lines).toHaveLength(1)
    expect(JSON.stringify(watched.lines)).not.toContain('wrong')
  })
})
