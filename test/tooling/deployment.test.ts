import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { validate } from 'dockerfile-utils'
import { beforeAll, describe, expect, test } from 'vitest'
import { SETTINGS } from '../../src/settings.ts'
import { READY_PATH } from '../../src/http/health.ts'

const ANALYZE = '/usr/bin/systemd-analyze'
const DCLINT = fileURLToPath(new URL('bin/dclint.cjs', import.meta.resolve('dclint/package.json')))

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-deploy-'))
  return () => rm(folder, { recursive: true })
})

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

const { version } = JSON.parse(read('package.json')) as { version: string }

/** How long requests in flight may take when Latchkey stops, in seconds. */
const SHUTDOWN = SETTINGS.shutdownTimeout.parse(SETTINGS.shutdownTimeout.fallback) / 1000

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}`.trim() }
}

/** A changed file of the same name, to see a tool refuse it. */
async function changed(path: string, from: string | RegExp, to: string): Promise<string> {
  const text = read(path)
  const other = text.replace(from, to)
  expect(other).not.toBe(text)
  const copy = join(folder, basename(path))
  await writeFile(copy, other)
  return copy
}

describe('Dockerfile', () => {
  const text = read('Dockerfile')

  test('is one to its linter, which refuses a misspelt one', () => {
    expect(validate(text)).toEqual([])
    expect(validate(text.replace('ENTRYPOINT', 'ENTRYPIONT'))).not.toEqual([])
  })

  test('takes its images by their versions, runs for nobody’s root and looks where Latchkey says that it is ready', () => {
    const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    expect(images.length).toBeGreaterThan(1)
    for (const image of images) expect(image).toMatch(/^node:24\.\d+\.\d+-\w+-slim$/)
    expect(text).toMatch(/^USER node$/m)
    expect(text).toMatch(new RegExp(`^HEALTHCHECK .+\\n +CMD .+${READY_PATH}`, 'm'))
    expect(text).toContain(`latchkey:${version}`)
  })
})

describe('compose.yaml', () => {
  const text = read('deploy/compose.yaml')

  test('is one to its schema and its linter, which refuse a misspelt one', async () => {
    const lint = (path: string) => run(process.execPath, [DCLINT, '--max-warnings', '0', path])
    expect(lint(fileURLToPath(new URL('../../deploy/compose.yaml', import.meta.url)))).toEqual({
      status: 0,
      said: '',
    })
    const misspelt = lint(await changed('deploy/compose.yaml', /(?<=^ {4})read_only/m, 'read_onyl'))
    expect(misspelt.status).not.toBe(0)
    expect(misspelt.said).toContain('must NOT have additional properties')
  })

  test('takes this version, waits for sign-ups under way, and mounts its own folder and the PDS’s settings', () => {
    expect(text).toMatch(new RegExp(`^ +image: latchkey:${version.replaceAll('.', '\\.')}$`, 'm'))
    expect(Number(/^ +stop_grace_period: (\d+)s$/m.exec(text)?.[1])).toBeGreaterThan(SHUTDOWN)
    const sources = [...text.matchAll(/^ +source: (.+)$/gm)].map(([, source]) => source)
    expect(sources).toEqual(['./data', '/pds/pds.env'])
  })

  test('shows the PDS’s settings where "init" looks for them, to be read only, and makes no folder in their place', () => {
    const mount =
      /^ +source: \/pds\/pds\.env\n +target: (.+)\n +read_only: true\n +bind:\n +create_host_path: false$/m
    const target = mount.exec(text)?.[1]
    expect(target).toBe(/init --pds-env (\S+)/.exec(text)?.[1])
  })
})

describe.skipIf(withoutSystemd())('latchkey.service', () => {
  // Latchkey is not installed where the tests run.
  const installed = () => changed('deploy/latchkey.service', /^ExecStart=\S+/m, 'ExecStart=/bin/true')
  const verify = (unit: string) => run(ANALYZE, ['verify', unit])

  test('is one to systemd, which refuses a misspelt one', async () => {
    expect(verify(await installed())).toEqual({ status: 0, said: '' })
    const misspelt = await changed('deploy/latchkey.service', 'ProtectHome=yes', 'ProtectHome=perhaps')
    expect(verify(misspelt).said).toMatch(/protect home/)
  })

  test('gives Latchkey the settings of the PDS at each start, and starts without them too', () => {
    const text = read('deploy/latchkey.service')
    const [, id, path] = /^LoadCredential=([^:]+):(.+)$/m.exec(text) ?? []
    expect(path).toBe(/init --pds-env (\S+)/.exec(text)?.[1])
    expect(text).toContain(
      `\nExecStart=/usr/local/bin/latchkey serve --pds-env \${CREDENTIALS_DIRECTORY}/${id}\n`,
    )
    // systemd takes this where there is no file, instead of failing.
    expect(text).toContain(`\nSetCredential=${id}:#\n`)
  })

  test('exposes little, by systemd’s own count', async () => {
    const security = ['security', '--offline=true', '--no-pager', '--threshold=15']
    expect(run(ANALYZE, [...security, await installed()])).toMatchObject({ status: 0 })
    const softer = await changed('deploy/latchkey.service', /^SystemCallFilter=.*$/gm, '')
    expect(run(ANALYZE, [...security, softer]).status).not.toBe(0)
  })

  test('waits for sign-ups under way', () => {
    const seconds = /^TimeoutStopSec=(\d+)$/m.exec(read('deploy/latchkey.service'))?.[1]
    expect(Number(seconds)).toBeGreaterThan(SHUTDOWN)
  })
})

/** Whether the unit is left unchecked: on a machine without systemd, said loudly. Never in CI, where that fails. */
function withoutSystemd(): boolean {
  if (existsSync(ANALYZE) || process.env['CI'] === 'true') return false
  process.stderr.write(
    '\nSKIPPED: the unit of systemd. systemd-analyze is not installed (Debian: systemd).\n\n',
  )
  return true
}
