import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where systems keep servers that are not in everybody's path. */
const SERVER_PLACES = ['/usr/sbin', '/usr/local/sbin']

const PATIENCE = 10_000

/** Finds an installed program. @returns its path */
export function findProgram(name: string): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_PLACES]
  return places.map((place) => join(place, name)).find((path) => existsSync(path))
}

/**
 * Whether tests with an installed server are left out: on a machine without it, said loudly. Never in CI, where they
 * fail instead.
 */
export function withoutProgram(name: string, debianPackage: string): boolean {
  if (findProgram(name) !== undefined || process.env['CI'] === 'true') return false
  process.stderr.write(`\nSKIPPED: the tests with a real ${name}. ${missing(name, debianPackage)}.\n\n`)
  return true
}

export function missing(name: string, debianPackage: string): string {
  return `${name} is not installed (Debian: apt-get install --no-install-recommends ${debianPackage})`
}

/**
 * Runs a server in the foreground until it is disposed of.
 *
 * @param port answers once it is up
 * @throws with what it said when it ends before that
 */
export async function startServerProcess(
  path: string,
  args: readonly string[],
  { port, env }: { readonly port: number; readonly env: Record<string, string> },
): Promise<AsyncDisposable & { readonly said: () => string }> {
  const child: ChildProcess = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
  }
  let ended = false
  const end = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true
      resolve()
    })
  })
  const deadline = Date.now() + PATIENCE
  while (!(await answers(port))) {
    if (ended || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`${path} did not start: ${said}`)
    }
    await sleep(20)
  }
  return {
    said: () => said,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
      await end
      clearTimeout(timer)
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
