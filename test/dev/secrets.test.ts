import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { devSecrets } from '../../src/dev/secrets.ts'

let dataDir = ''
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

test('the secrets are made once, kept, and readable by their owner alone', async () => {
  const first = await devSecrets(dataDir)
  expect(first.plcRotationKeyHex).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(Object.values(first)).size).toBe(3)
  expect(await devSecrets(dataDir)).toEqual(first)
  expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600)
})

test('two data directories have different secrets', async () => {
  const other = join(dataDir, 'other')
  expect((await devSecrets(other)).adminPassword).not.toBe((await devSecrets(dataDir)).adminPassword)
})

test('a file that does not hold the secrets stops the start and is not overwritten', async () => {
  const file = join(dataDir, 'secrets.json')
  for (const text of ['', '{"adminPassword":"x"}', 'null']) {
    await writeFile(file, text)
    await expect(devSecrets(dataDir)).rejects.toThrow(`${file} does not hold the secrets`)
    expect(await readFile(file, 'utf8')).toBe(text)
  }
})
