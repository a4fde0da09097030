import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApp } from '../../src/app.ts'
import { NO_IDLE_COLLECTION } from '../../src/cli/commands/serve.ts'
import { readConfig } from '../../src/config.ts'
import { freePort, portOf } from '../../src/dev/free-port.ts'
import { startLossyLink } from '../support/lossy-link.ts'
import { startWorld, type World } from '../support/pds.ts'
import { holdWriteLock } from '../support/write-lock.ts'
import { runProgram, startProgram } from './program.ts'

let world: World
let settings: Record<string, string>

beforeAll(async () => {
  world = await startWorld()
  settings = {
    LATCHKEY_PORT: String(await freePort()),
    LATCHKEY_PUBLIC_URL: 'https://pds.example.com',
    LATCHKEY_PDS_URL: world.pds.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: world.secrets.adminPassword,
    LATCHKEY_DATABASE: `sqlite:${join(world.dataDir, 'latchkey.sqlite')}`,
  }
})

afterAll(() => world[Symbol.asyncDispose]())

function serve(overrides: Record<string, string> = {}, ...args: string[]) {
  return startProgram(['serve', ...args], { ...settings, ...overrides })
}

test('missing, wrong and unknown settings are told all at once, a sentence each, secrets unshown', async () => {
  const { code, stderr } = await runProgram(['serve', '--port', 'eighty'], {
    LATCHKEY_PDS_URL: 'ftp://pds',
    LATCHKEY_PDS_ADMIN_PASSWORD: 'geheim',
    LATCHKEY_INVITE_EPOCH: '2026-02-31',
    LATCHKEY_DATABASE: 'sqlite::memory:',
    LATCHKEY_SHUTDOWN_TIMEOUT: '25d',
    LATCHKEY_PROT: '80',
  })
  expect(code).toBe(1)
  expect(stderr.trim().split('\n').toSorted()).toEqual([
    '--port is "eighty", expected a whole number from 0 to 65535.',
    'LATCHKEY_DATABASE is "sqlite::memory:", expected sqlite:PATH, such as sqlite:/var/lib/latchkey/latchkey.sqlite.',
    'LATCHKEY_INVITE_EPOCH is "2026-02-31", expected a date such as 2026-01-01 or 2026-01-01T12:00:00Z, or milliseconds since 1970.',
    'LATCHKEY_PDS_URL is "ftp://pds", expected an http or https URL without a path, such as https://pds.example.com.',
    'LATCHKEY_PROT is no setting of Latchkey; docs/reference/settings.md lists them all.',
    'LATCHKEY_PUBLIC_URL is missing: The public URL that clients use for the PDS. Its host name begins every invite code.',
    'LATCHKEY_SHUTDOWN_TIMEOUT is "25d", expected a length of time of 1d at most.',
  ])
  expect(stderr).not.toContain('geheim')
})

test.each(['https://192.0.2.7', 'http://[::1]:2690', 'http://0x7f.1'])(
  'a public URL without a name is refused: no service DID can be made of %s',
  async (url) => {
    const { code, stderr } = await runProgram(['serve'], { ...settings, LATCHKEY_PUBLIC_URL: url })
    expect([code, stderr]).toEqual([
      1,
      `LATCHKEY_PUBLIC_URL is "${url}", expected a URL with a host name instead of an address, such as https://pds.example.com.\n`,
    ])
  },
)

test.each(['refuse', 'swallow'] as const)(
  'a start that waits for a PDS ends at once when it is asked to; its network: %s',
  async (trouble) => {
    await using link = await startLossyLink(world.pds.url)
    if (trouble === 'refuse') link.refuse(true)
    const asked = trouble === 'swallow' ? link.holdRequestTo(() => true) : undefined
    await using server = serve({
      LATCHKEY_PDS_URL: link.url,
      LATCHKEY_DATABASE: `sqlite:${join(world.dataDir, `never-${trouble}.sqlite`)}`,
    })
    if (asked === undefined) await server.untilSays(/waiting for the PDS/)
    else await asked
    const asking = performance.now()
    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
    expect(performance.now() - asking).toBeLessThan(3000)
    expect(server.stderr()).toBe('')
  },
)

test('a start that waits for a locked database ends at once when it is asked to', async () => {
  const databasePath = join(world.dataDir, 'locked.sqlite')
  await using _lock = await holdWriteLock(databasePath)
  const values = {
    database: `sqlite:${databasePath}`,
    publicUrl: 'https://pds.example.com',
    pdsUrl: world.pds.url,
    pdsAdminPassword: world.secrets.adminPassword,
  }
  const end = new AbortController()
  const opening = openApp(readConfig(values, {}), pino({ level: 'silent' }), {}, end.signal)
  const asking = performance.now()
  end.abort()
  await expect(opening).rejects.toBe(end.signal.reason)
  expect(performance.now() - asking).toBeLessThan(1000)
})

test('what a start could not write is written once the PDS answers: members earn without another start', async () => {
  await using link = await startLossyLink(world.pds.url)
  await world.createPdsCode()
  const databasePath = join(world.dataDir, 'earning.sqlite')
  const own = { LATCHKEY_PDS_URL: link.url, LATCHKEY_DATABASE: `sqlite:${databasePath}` }
  const earningSince = () => {
    using db = new DatabaseSync(databasePath, { readOnly: true, timeout: 2000 })
    return db.prepare('SELECT earning_since FROM host').get()?.['earning_since']
  }
  {
    await using first = serve(own)
    await first.untilSays(/the PDS has invite codes that Latchkey does not know/)
    await first.untilSays(/Latchkey is listening/)
    first.child.kill('SIGTERM')
    await first.exit
  }
  link.refuse(true)
  await using later = serve({ ...own, LATCHKEY_FRESH: 'true' })
  await later.untilSays(/Latchkey is listening/)
  expect(earningSince()).toBeNull()
  link.refuse(false)
  await later.untilSays(/members can earn codes/)
  expect(earningSince()).toBeTypeOf('number')
})

test('a policy that can’t be written yet does not stop the start, and is written later', async () => {
  const databasePath = join(world.dataDir, 'policy.sqlite')
  const own = { LATCHKEY_DATABASE: `sqlite:${databasePath}`, LATCHKEY_FRESH: 'true' }
  {
    await using first = serve(own)
    await first.untilSays(/Latchkey is listening/)
    first.child.kill('SIGTERM')
    await first.exit
  }
  await using lock = await holdWriteLock(databasePath)
  await using later = serve({ ...own, LATCHKEY_INVITE_INTERVAL: '7d' })
  await later.untilSays(/settings could not be written into the database yet/)
  await later.untilSays(/Latchkey is listening/)
  await lock[Symbol.asyncDispose]()
  await later.untilSays(/the policy is that of the settings/)
  using db = new DatabaseSync(databasePath, { readOnly: true, timeout: 2000 })
  expect(db.prepare('SELECT interval FROM policy').get()).toEqual({ interval: 7 * 86_400_000 })
})

test('it serves until asked to end, and ends with 0', async () => {
  await using server = serve()
  await server.untilSays(/Latchkey is listening/)
  const ready = await fetch(`http://127.0.0.1:${settings['LATCHKEY_PORT']}/_latchkey/ready`)
  expect(await ready.json()).toEqual({ status: 'ready', database: 'ok', pds: 'ok', firehose: 'ok' })
  server.child.kill('SIGTERM')
  expect(await server.exit).toBe(0)
})

test('codes begin with the public host name', async () => {
  await using server = serve()
  await server.untilSays(/Latchkey is listening/)
  const response = await fetch(
    `http://127.0.0.1:${settings['LATCHKEY_PORT']}/xrpc/com.atproto.server.createInviteCode`,
    {
      method: 'POST',
      headers: { authorization: world.adminAuth, 'content-type': 'application/json' },
      body: JSON.stringify({ useCount: 1 }),
    },
  )
  expect(await response.json()).toEqual({
    code: expect.stringMatching(/^pds-example-com-[a-z2-7]{5}-[a-z2-7]{5}$/),
  })
})

test('what can’t work stops the start with a sentence that says what to mend', async () => {
  const stranger = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"NotFound"}')
  })
  await new Promise<void>((resolve) => {
    stranger.listen(0, '127.0.0.1', resolve)
  })
  const strangerUrl = `http://127.0.0.1:${portOf(stranger)}`
  for (const [overrides, sentence] of [
    [
      { LATCHKEY_PDS_ADMIN_PASSWORD: 'wrong' },
      /^LATCHKEY_PDS_ADMIN_PASSWORD is not accepted by the PDS at http/,
    ],
    [{ LATCHKEY_PDS_URL: strangerUrl }, /^LATCHKEY_PDS_URL is http:\S+, where no PDS answers: /],
    [
      { LATCHKEY_PORT: String(portOf(stranger)) },
      /^Port \d+ of 127.0.0.1 is taken by another program: choose/,
    ],
    [{ LATCHKEY_DATABASE: 'sqlite:/nowhere/latchkey.sqlite' }, /\/nowhere\/latchkey.sqlite/],
  ] as const) {
    const database = { LATCHKEY_DATABASE: `sqlite:${join(world.dataDir, 'never-started.sqlite')}` }
    const { code, stderr } = await runProgram(['serve'], { ...settings, ...database, ...overrides })
    expect([code, stderr.trim().split('\n').length], stderr).toEqual([1, 1])
    expect(stderr).toMatch(sentence)
  }
  await stranger[Symbol.asyncDispose]()
})

test('a database of another PDS stops the start', async () => {
  await using other = await startWorld()
  other.pds.pds.ctx.cfg.service.did = 'did:web:elsewhere'
  const { code, stderr } = await runProgram(['serve'], {
    ...settings,
    LATCHKEY_PDS_URL: other.pds.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: other.secrets.adminPassword,
  })
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^The database belongs to the PDS did:web:localhost, and the one at \S+ is did:web:elsewhere/,
  )
})

test('an empty flag is no setting: the empty password opens nothing', async () => {
  await using server = serve({}, '--admin-password', '')
  await server.untilSays(/Latchkey is listening/)
  const response = await fetch(
    `http://127.0.0.1:${settings['LATCHKEY_PORT']}/xrpc/com.atproto.server.createInviteCode`,
    {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('admin:')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ useCount: 1 }),
    },
  )
  expect(response.status).toBe(401)
})

test('--help names every setting, and an unknown flag is refused', async () => {
  const { code, stdout } = await runProgram(['serve', '--help'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/--invite-interval <duration>/)
  expect(stdout).toMatch(/LATCHKEY_PDS_JWT_SECRET/)
  expect(await runProgram(['serve', '--prot', '80'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("unknown option '--prot'"),
  })
})

test('a first start needs a PDS that requires invites; later ones close the doors only, until it does', async () => {
  const { cfg } = world.pds.pds.ctx
  const required = cfg.invites
  const port = String(await freePort())
  const metricsPort = String(await freePort())
  const own = {
    LATCHKEY_DATABASE: `sqlite:${join(world.dataDir, 'arrangement.sqlite')}`,
    LATCHKEY_PORT: port,
    LATCHKEY_METRICS_PORT: metricsPort,
  }
  const ask = async (path: string, init?: RequestInit) =>
    (await fetch(`http://127.0.0.1:${port}/xrpc/${path}`, init)).status
  const signUp = () =>
    ask('com.atproto.server.createAccount', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ handle: 'closed.test', email: 'closed@example.com', password: 'x' }),
    })

  cfg.invites = { required: false }
  try {
    const refused = await runProgram(['serve'], { ...settings, ...own })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/set PDS_INVITE_REQUIRED=true/) })
    cfg.invites = required
    {
      await using first = serve(own)
      await first.untilSays(/Latchkey is listening/)
      expect(await signUp()).toBe(400)
      first.child.kill('SIGTERM')
      await first.exit
    }
    cfg.invites = { required: false }
    await using later = serve(own)
    await later.untilSays(/sign-ups are closed: The PDS at \S+ lets people sign up without/)
    await later.untilSays(/Latchkey is listening/)
    expect(await signUp()).toBe(503)
    expect(await ask('com.atproto.server.describeServer')).toBe(200)
    const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    expect(await metrics()).toContain('latchkey_pds_fault{kind="invites_not_required"} 1')
    cfg.invites = required
    await later.untilSays(/sign-ups are open/)
    expect(await signUp()).toBe(400)
    expect(await metrics()).toContain('latchkey_pds_fault{kind="invites_not_required"} 0')
  } finally {
    cfg.invites = required
  }
})

test('the flag of V8 that it sets is one that V8 knows', () => {
  expect(execFileSync(process.execPath, [NO_IDLE_COLLECTION, '--print', '1']).toString()).toBe('1\n')
})
