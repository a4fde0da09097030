import { randomBytes } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere } from './read-if-there.ts'

/** What a development PDS must keep over restarts. Without the same three, its accounts are lost to it. */
export interface DevSecrets {
  readonly adminPassword: string
  readonly jwtSecret: string
  /** A secp256k1 private key, 32 bytes in hexadecimal. */
  readonly plcRotationKeyHex: string
}

/**
 * Reads the secrets of a data directory, made at its first start and kept in `secrets.json`, which its owner alone can
 * read.
 *
 * @throws when the file exists and does not hold the three secrets; it is never overwritten
 */
export async function devSecrets(dataDir: string): Promise<DevSecrets> {
  const file = join(dataDir, 'secrets.json')
  const bytes = await readIfThere(file)
  if (bytes === undefined) return await createSecrets(dataDir, file)
  const secrets: unknown = parse(bytes.toString('utf8'))
  if (!isDevSecrets(secrets))
    throw new Error(`${file} does not hold the secrets that latchkey dev wrote there`)
  return secrets
}

/** Written beside and renamed, so that a crash leaves either no file or a whole one. */
async function createSecrets(dataDir: string, file: string): Promise<DevSecrets> {
  const secrets: DevSecrets = {
    adminPassword: randomBytes(16).toString('hex'),
    jwtSecret: randomBytes(32).toString('hex'),
    plcRotationKeyHex: randomBytes(32).toString('hex'),
  }
  await mkdir(dataDir, { recursive: true })
  await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
  return secrets
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDevSecrets(value: unknown): value is DevSecrets {
  if (typeof value !== 'object' || value === null) return false
  const secrets = value as Partial<Record<keyof DevSecrets, unknown>>
  return [secrets.adminPassword, secrets.jwtSecret, secrets.plcRotationKeyHex].every(
    (secret) => typeof secret === 'string' && secret !== '',
  )
}
