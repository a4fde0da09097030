import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asJson, report } from '../../src/cli/commands/doctor.ts'
import { CHECKS, type Diagnosis, PASSED, warned } from '../../src/doctor/checks.ts'
import { runProgram } from '../cli/program.ts'
import { withoutCaddy } from '../support/caddy.ts'
import { startWorld, type World } from '../support/pds.ts'
import { install, type Installation } from './installation.ts'

const PAGE = 'docs/how-to/when-doctor-complains.md'

test('the page that helps has a section for each check, and no other', () => {
  const headings = [...readFileSync(PAGE, 'utf8').matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
  expect(headings.toSorted()).toEqual(
    Object.values(CHECKS)
      .map(([, anchor]) => anchor)
      .toSorted(),
  )
})

test('a warning is told like a failure, by another mark, and nothing is called wrong', () => {
  const help = `${PAGE}#here`
  const diagnoses: readonly Diagnosis[] = [
    { check: 'pds', title: 'The PDS answers', outcome: PASSED, help },
    { check: 'pdsPort', title: 'The port is closed', outcome: warned('a request', 'an answer'), help },
  ]
  expect(report(diagnoses).split('\n')).toEqual([
    '✓ The PDS answers',
    '! The port is closed',
    '    tried  a request',
    '    saw    an answer',
    `    help   ${help}`,
    '',
    'Nothing is known to be wrong; look at what is marked "!".',
  ])
  expect(JSON.parse(asJson(diagnoses))).toMatchObject({
    ok: true,
    checks: [{ outcome: 'passed' }, { outcome: 'warned', tried: 'a request', saw: 'an answer', help }],
  })
})

describe.skipIf(withoutCaddy())('latchkey doctor', () => {
  let world: World
  let installation: Installation

  beforeAll(async () => {
    world = await startWorld()
    installation = await install({ world })
  })
  afterAll(async () => {
    await installation[Symbol.asyncDispose]()
    await world[Symbol.asyncDispose]()
  })

  const doctor = (args: readonly string[], changed: Record<string, string> = {}) =>
    runProgram(['doctor', ...args], { ...installation.environment, ...changed })

  test('says of a healthy installation that nothing is wrong, a line for each check', async () => {
    const { code, stdout, stderr } = await doctor([])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.trimEnd().split('\n')
    expect(lines.slice(-2)).toEqual(['', 'Nothing is wrong.'])
    expect(lines.slice(0, -2)).toHaveLength(Object.keys(CHECKS).length)
    expect(lines.filter((line) => !line.startsWith('✓ '))).toEqual([
      expect.stringMatching(/^– The certificate of the public host is good: skipped, /),
      expect.stringMatching(/^– The port of the PDS is closed to the world: skipped, /),
      '',
      'Nothing is wrong.',
    ])
  })

  test('says what it tried, what it saw and what helps, shows no secret, and ends with 1', async () => {
    const { code, stdout } = await doctor([], { LATCHKEY_PDS_ADMIN_PASSWORD: 'geheim' })
    expect(code).toBe(1)
    const lines = stdout.split('\n')
    const at = lines.findIndex((line) => line.startsWith('✗'))
    expect(lines.slice(at, at + 4)).toEqual([
      '✗ The PDS takes the admin password',
      expect.stringMatching(/^ {4}tried {2}com\.atproto\.admin\.getInviteCodes at http:/),
      expect.stringMatching(/^ {4}saw {4}.* 401 /),
      `    help   ${PAGE}#the-admin-password-is-wrong`,
    ])
    expect(lines.at(-2)).toBe('One thing is wrong.')
    expect(stdout).not.toContain('geheim')
  })

  test('tells programs the same in one line', async () => {
    const healthy = await doctor(['--json'])
    expect(healthy.code).toBe(0)
    expect(JSON.parse(healthy.stdout)).toMatchObject({ ok: true })
    const { code, stdout } = await doctor(['--json'], { LATCHKEY_PDS_URL: 'http://127.0.0.1:9' })
    expect([code, stdout.trimEnd().split('\n').length]).toEqual([1, 1])
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { outcome: string }[] }
    expect(ok).toBe(false)
    expect(checks.map(({ outcome }) => outcome)).toContain('skipped')
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([
      {
        check: 'pds',
        title: 'The PDS answers',
        outcome: 'failed',
        tried: expect.stringContaining('http://127.0.0.1:9'),
        saw: expect.stringContaining('ECONNREFUSED'),
        help: `${PAGE}#the-pds-does-not-answer`,
      },
    ])
  })
})
