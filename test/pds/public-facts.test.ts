import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { PdsClient } from '../../src/pds/client.ts'
import { PublicFacts } from '../../src/pds/public-facts.ts'
import { type LossyLink, startLossyLink } from '../support/lossy-link.ts'
import { startWorld, type World } from '../support/pds.ts'

let world: World
let link: LossyLink
let facts: PublicFacts
let now = 0
/** How often the PDS was asked to describe itself. */
let asked = 0

const MINUTE = 60_000
const DESCRIBE = `/xrpc/${com.atproto.server.describeServer.$nsid}`

beforeAll(async () => {
  world = await startWorld()
  link = await startLossyLink(world.pds.url)
  const { adminPassword } = world.secrets
  const pds = new PdsClient({ url: new URL(link.url), adminPassword, rateLimitBypassKey: undefined })
  facts = new PublicFacts({ pds, now: () => now })
})

afterAll(async () => {
  await link?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

/** The PDS answers so from now on; undefined ends it. */
function answerWith(status: number | undefined): void {
  const counting = ({ url }: { url: string }) => {
    if (url.split('?')[0] !== DESCRIBE) return false
    asked += 1
    return status !== undefined
  }
  link.trouble(counting, { status: status ?? 200 })
}

test('what the host offers is told by it first, once for all who ask at once, and as it was last while it fails', async () => {
  answerWith(429)
  await expect(facts.host()).rejects.toThrow('429')
  answerWith(undefined)
  asked = 0
  const told = await Promise.all(Array.from({ length: 10 }, () => facts.host()))
  expect(told[0]).toMatchObject({ domains: ['.test'], needsPhone: false })
  expect(asked).toBe(1)

  for (const status of [429, 400, 500]) {
    answerWith(status)
    now += MINUTE
    asked = 0
    expect(await facts.host()).toEqual(told[0])
    // A PDS in trouble is not asked by everybody who comes.
    expect(await facts.host()).toEqual(told[0])
    expect(asked).toBe(1)
  }
  world.pds.pds.ctx.cfg.service.termsOfServiceUrl = 'https://harbor.example/terms'
  answerWith(undefined)
  now += MINUTE
  expect(await facts.host()).toMatchObject({ terms: 'https://harbor.example/terms' })
})
