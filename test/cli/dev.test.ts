import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { com } from '../../src/lexicons/index.ts'
import { postJson } from '../support/pds.ts'
import { startProgram } from './program.ts'

interface Summary {
  url: string
  webUrl: string
  pdsUrl: string
  plcUrl: string
  adminPassword: string
  dataDir: string
  accounts: { did: string; handle: string; email: string; password: string }[]
}

let temporary: string

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'latchkey-test-dev-'))
})

afterAll(() => rmSync(temporary, { recursive: true }))

function startDev(...args: string[]) {
  return startProgram(['dev', '--port', '0', ...args], { TMPDIR: temporary })
}

async function signIn({ url, accounts }: Summary, which: number): Promise<string> {
  const account = accounts[which]
  const { accessJwt } = await postJson<{ accessJwt: string }>(
    `${url}/xrpc/com.atproto.server.createSession`,
    {
      identifier: account?.handle,
      password: account?.password,
    },
  )
  return accessJwt
}

test('--json prints exactly one line when everything answers, and Ctrl-C leaves nothing behind', async () => {
  await using dev = startDev('--json', '--invite-interval', '500ms')
  await dev.untilSays(/"accounts".*\n/)
  const summary = JSON.parse(dev.stdout()) as Summary
  expect(Object.keys(summary)).toEqual([
    'url',
    'webUrl',
    'pdsUrl',
    'plcUrl',
    'adminPassword',
    'dataDir',
    'accounts',
  ])
  expect(summary.accounts.map((account) => Object.keys(account))).toEqual([
    ['did', 'handle', 'email', 'password'],
    ['did', 'handle', 'email', 'password'],
  ])
  for (const url of [
    `${summary.url}/_latchkey/ready`,
    `${summary.pdsUrl}/xrpc/_health`,
    `${summary.plcUrl}/_health`,
  ]) {
    expect((await fetch(url)).status).toBe(200)
  }
  expect(existsSync(summary.dataDir)).toBe(true)
  dev.child.kill('SIGINT')
  expect(await dev.exit).toBe(0)
  expect(dev.stdout().trimEnd().split('\n')).toHaveLength(1)
  expect(readdirSync(temporary)).toEqual([])
  await expect(fetch(summary.pdsUrl)).rejects.toThrow('fetch failed')
})

test('ended through npm, as a supervisor would, it leaves nothing behind either', async () => {
  const args = ['run', '--silent', 'latchkey', '--', 'dev', '--port', '0', '--json', '--no-seed']
  const npm = spawn('npm', args, {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(npm.stdout, 'data')) as [Buffer]
  const { pdsUrl } = JSON.parse(line.toString('utf8')) as Summary
  npm.kill('SIGTERM')
  await expect
    .poll(() => readdirSync(temporary).filter((name) => name.startsWith('latchkey-dev-')))
    .toEqual([])
  await expect(fetch(pdsUrl)).rejects.toThrow('fetch failed')
})

test('the printed curl works when pasted and shows one used, one gifted open and an earned code', async () => {
  await using dev = startDev('--invite-interval', '1s')
  await dev.untilSays(/Ctrl-C/)
  const command = /^curl .*$/m.exec(dev.stdout())?.[0] ?? ''
  const { stdout } = await promisify(execFile)('sh', ['-c', command])
  const { codes } = JSON.parse(stdout) as com.atproto.server.getAccountInviteCodes.$OutputBody
  const gifted = codes.filter(({ createdBy }) => createdBy === 'admin')
  expect(gifted.map(({ uses }) => uses.length).toSorted((a, b) => a - b)).toEqual([0, 1])
  expect(codes.length - gifted.length).toBeGreaterThanOrEqual(1)
})

test('a second start with the same data goes on where the first stopped', async () => {
  const data = join(temporary, 'kept')
  const summaries: Summary[] = []
  const codes: string[] = []
  for (const _start of ['first', 'second']) {
    await using dev = startDev('--json', '--data', data, '--invite-interval', 'off')
    await dev.untilSays(/"accounts".*\n/)
    const summary = JSON.parse(dev.stdout()) as Summary
    summaries.push(summary)
    const headers = { authorization: `Bearer ${await signIn(summary, 0)}` }
    const answer = await fetch(`${summary.url}/xrpc/com.atproto.server.getAccountInviteCodes`, { headers })
    codes.push(await answer.text())
    const did = await fetch(`${summary.plcUrl}/${summary.accounts[1]?.did}`)
    expect(did.status).toBe(200)
    dev.child.kill('SIGTERM')
    expect(await dev.exit).toBe(0)
  }
  expect(summaries[1]?.accounts).toEqual(summaries[0]?.accounts)
  expect(codes[1]).toBe(codes[0])
  rmSync(data, { recursive: true })
})

test('two at once in one folder: the second is refused in a sentence', async () => {
  const data = join(temporary, 'shared')
  await using first = startDev('--json', '--data', data, '--no-seed')
  await first.untilSays(/"accounts".*\n/)
  expect((JSON.parse(first.stdout()) as Summary).accounts).toEqual([])
  await using second = startDev('--data', data)
  expect(await second.exit).toBe(1)
  expect(second.stderr()).toContain(`The folder ${data} is in use by another latchkey dev.`)
})

test('wrong flags are told before anything starts', async () => {
  await using dev = startDev('--invite-interval', 'often', '--invite-cap', '0')
  expect(await dev.exit).toBe(1)
  expect(dev.stderr().trim().split('\n')).toEqual([
    '--invite-interval is "often", expected a length of time such as 7d, 12h, 10s or 500ms.',
    '--invite-cap is "0", expected a whole number from 1 to 1000.',
  ])
})
