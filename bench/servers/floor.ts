import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/dev/free-port.ts'
import type { Processes, Server } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('floor-process.ts', import.meta.url))
const RELAY = fileURLToPath(new URL('relay-process.ts', import.meta.url))

/** What the floor says, whatever is asked. */
export interface FloorAnswer {
  /** Names and values in turns, as they are sent. */
  readonly headers: readonly string[]
  readonly body: string
}

/** Node writes these by itself. */
const BY_NODE = /^(date|connection|keep-alive)$/i

/** Starts a bare server that answers with the bytes and headers that a GET of this address gives. */
export async function startFloor(
  processes: Processes,
  {
    name,
    folder,
    url,
    headers,
  }: { name: string; folder: string; url: string; headers: Record<string, string> },
): Promise<Server> {
  const path = join(folder, `${name}.json`)
  writeFileSync(path, JSON.stringify(await recordAnswer(url, headers)))
  const port = await freePort()
  return await processes.start({ name, args: [PROGRAM, String(port), path], env: {}, port, ready: '/' })
}

/** Starts a bare server that asks another one for each answer. @param url what it asks, by the caller's authorization */
export async function startRelay(processes: Processes, name: string, url: string): Promise<Server> {
  const port = await freePort()
  return await processes.start({ name, args: [RELAY, String(port), url], env: {}, port, ready: '/' })
}

function recordAnswer(url: string, headers: Record<string, string>): Promise<FloorAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const sent = response.rawHeaders
        const own = sent.filter((_, index) => !BY_NODE.test(sent[index - (index % 2)] ?? ''))
        resolve({ headers: own, body: Buffer.concat(chunks).toString('utf8') })
      })
    })
    asked.on('error', reject).end()
  })
}
