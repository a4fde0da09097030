import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const support = new URL('../support/pds.ts', import.meta.url)
const script = `
  import { startWorld } from '${support.href}'
  await using world = await startWorld()
  const { did } = await world.createAccount({ handle: 'alice.test' })
  const firehose = new WebSocket(world.pds.url.replace('http', 'ws') + '/xrpc/com.atproto.sync.subscribeRepos')
  await new Promise((resolve) => { firehose.onopen = resolve })
  console.log(did)
`

test('after disposal the process ends by itself, and neither server wrote to standard output', async () => {
  const env = { ...process.env, LOG_ENABLED: 'true', LOG_LEVEL: 'trace' }
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    timeout: 25_000,
  })
  expect((await run).stdout).toMatch(/^did:plc:[a-z2-7]{24}\n$/)
})
