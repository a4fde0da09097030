import { expect, test } from 'vitest'
import { runProgram } from './program.ts'

const SETTINGS = {
  LATCHKEY_PUBLIC_URL: 'https://pds.example.com',
  LATCHKEY_PDS_URL: 'http://localhost:3000',
}

async function print(args: readonly string[], settings: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await runProgram(['routes', ...args], { ...SETTINGS, ...settings })
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

test('the snippet names the site, Latchkey’s address and what comes next, without any password', async () => {
  const caddy = await print(['--for', 'caddy'])
  expect(caddy).toContain(
    '"*.pds.example.com, pds.example.com", above its "reverse_proxy http://localhost:3000"',
  )
  expect(caddy).toContain('reverse_proxy 127.0.0.1:2690\n')
  expect(caddy).toMatch(/caddy reload[^]*latchkey doctor/)
  const nginx = await print(['--for', 'nginx', '--nginx-logs', '/logs'])
  expect(nginx).toContain('"server" block of "pds.example.com" and "*.pds.example.com"')
  expect(nginx).toContain('server 127.0.0.1:2690;')
  expect(nginx).toContain('access_log /logs/access.log latchkey;')
  expect(nginx).toMatch(/nginx -s reload[^]*latchkey doctor/)
})

test('its parts can be had alone, to be written to the places where they stand', async () => {
  const all = await print(['--for', 'nginx'])
  const [global, site] = [
    await print(['--for', 'nginx', '--part', 'global']),
    await print(['--for', 'nginx', '--part', 'site']),
  ]
  expect(all.startsWith(`${global}\n${site}`)).toBe(true)
  const outside = await print(['--for', 'caddy', '--part', 'global'])
  expect(outside).toContain('log default {')
  expect(outside).not.toContain('handle')
})

test.each([
  ['127.0.0.2', '127.0.0.2:2690'],
  ['0.0.0.0', '127.0.0.1:2690'],
  ['::', '[::1]:2690'],
  ['fd00::7', '[fd00::7]:2690'],
  ['latchkey', 'latchkey:2690'],
])('where Latchkey binds to %s it is reached at %s', async (bind, address) => {
  expect(await print(['--for', 'caddy', '--bind', bind])).toContain(`reverse_proxy ${address}\n`)
})

test('what can’t be printed is said in a sentence', async () => {
  const apache = await runProgram(['routes', '--for', 'apache'], SETTINGS)
  expect(apache).toMatchObject({ code: 1, stdout: '' })
  expect(apache.stderr).toContain("'apache' is invalid. Allowed choices are caddy, nginx.")
  expect(await runProgram(['routes', '--for', 'caddy', '--port', '0'], SETTINGS)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'LATCHKEY_PORT is 0, which is another port at each start: routes need a fixed one.\n',
  })
  const lost = await runProgram(['routes', '--for', 'caddy'])
  expect(lost.code).toBe(1)
  expect(
    lost.stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(['LATCHKEY_PUBLIC_URL', 'LATCHKEY_PDS_URL'])
})
