/**
 * What the gate costs: sign-ups at the PDS itself beside sign-ups through Latchkey, in one run, one after the other in
 * turns, each server a process of its own. Prints medians in ms and their ratio; the target is at most 1.15.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../src/dev/free-port.ts'
import { com } from '../src/lexicons/index.ts'
import { startProgram } from '../test/cli/program.ts'
import { postJson } from '../test/support/pds.ts'

const ROUNDS = 60
const WARM_UP = 10
const { createAccount, createInviteCode } = com.atproto.server

const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
try {
  await using dev = startProgram(['dev', '--port', '0', '--json', '--no-seed'])
  await dev.untilSays(/"accounts".*\n/)
  const { pdsUrl, adminPassword } = JSON.parse(dev.stdout()) as { pdsUrl: string; adminPassword: string }
  const port = await freePort()
  await using _serve = startProgram(['serve'], {
    LATCHKEY_PORT: String(port),
    LATCHKEY_PUBLIC_URL: `http://localhost:${port}`,
    LATCHKEY_PDS_URL: pdsUrl,
    LATCHKEY_PDS_ADMIN_PASSWORD: adminPassword,
    LATCHKEY_DATABASE: `sqlite:${join(folder, 'latchkey.sqlite')}`,
    LATCHKEY_LOG_LEVEL: 'warn',
    LATCHKEY_FRESH: 'true',
  })
  const url = `http://localhost:${port}`
  await ready(url)

  const admin = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  const times = { pds: [] as number[], gate: [] as number[] }
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const [side, base] of [
      ['pds', pdsUrl],
      ['gate', url],
    ] as const) {
      const { code } = await postJson<{ code: string }>(
        `${base}/xrpc/${createInviteCode.$nsid}`,
        { useCount: 1 },
        admin,
      )
      const name = `${side}${round}`
      const input = {
        handle: `${name}.test`,
        email: `${name}@mail.test`,
        password: 'hunter22',
        inviteCode: code,
      }
      const started = performance.now()
      await postJson(`${base}/xrpc/${createAccount.$nsid}`, input)
      if (round >= WARM_UP) times[side].push(performance.now() - started)
    }
  }
  const [pds, gate] = [median(times.pds), median(times.gate)]
  console.log(
    `PDS alone ${pds.toFixed(1)} ms, through the gate ${gate.toFixed(1)} ms: ${(gate / pds).toFixed(2)} ×`,
  )
} finally {
  rmSync(folder, { recursive: true })
}

async function ready(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`${url}/_latchkey/ready`).catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('latchkey serve did not become ready')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
