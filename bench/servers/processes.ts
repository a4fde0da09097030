import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineSeconds, processSeconds } from '../measure/processor.ts'
import type { Cores } from '../machine.ts'

/** A server that answers. Disposal ends it. */
export interface Server extends AsyncDisposable {
  readonly pid: number
  /** Its origin, on loopback. */
  readonly url: string
  /** Milliseconds from its start to its first answer. */
  readonly startedIn: number
}

export interface ServerOptions {
  /** What the file of its output is called. */
  readonly name: string
  /** Arguments of Node. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly port: number
  /** A path that is answered with 200 once it is up. */
  readonly ready: string
  /** Which core it is on; that of the servers where unset. */
  readonly side?: keyof Cores
}

const PATIENCE = 120_000
const LOOK_EVERY = 2

/** Starts servers on the core that is kept for them, and knows how much of the machine's work is the benchmark's own. */
export class Processes {
  readonly #cores: Cores | undefined
  readonly #folder: string
  readonly #pids = new Set<number>()

  /** @param folder takes what the servers print */
  constructor(cores: Cores | undefined, folder: string) {
    this.#cores = cores
    this.#folder = folder
    if (cores !== undefined) this.#pin(process.pid, 'load')
  }

  /** @throws with what it printed when it ends before it answers */
  async start({ name, args, env, port, ready, side = 'server' }: ServerOptions): Promise<Server> {
    const path = join(this.#folder, `${name}.log`)
    const output = openSync(path, 'a')
    const startedAt = performance.now()
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...env },
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    const { pid } = child
    if (pid === undefined) throw new Error(`${name} did not start`)
    this.#pids.add(pid)
    this.#pin(pid, side)
    const url = `http://127.0.0.1:${port}`
    try {
      await answers(child, url + ready)
    } catch (error) {
      await end(child)
      this.#pids.delete(pid)
      throw new Error(`${name} does not answer: ${readFileSync(path, 'utf8').slice(-2000)}`, { cause: error })
    }
    const startedIn = performance.now() - startedAt
    return {
      pid,
      url,
      startedIn,
      [Symbol.asyncDispose]: async () => {
        await end(child)
        this.#pids.delete(pid)
      },
    }
  }

  /** Moves a process, with all its threads, to the core of the servers or to that of the load. */
  #pin(pid: number, side: keyof Cores): void {
    if (this.#cores === undefined) return
    execFileSync('taskset', ['-a', '-p', '-c', String(this.#cores[side]), String(pid)], { stdio: 'ignore' })
  }

  /** Ends all at once, without their leave. */
  killAll(): void {
    for (const pid of this.#pids) process.kill(pid, 'SIGKILL')
  }

  /** How a program that ends by itself is run on the core of the servers. */
  onServerCore(program: string, args: readonly string[]): { program: string; args: readonly string[] } {
    if (this.#cores === undefined) return { program, args }
    return { program: 'taskset', args: ['-c', String(this.#cores.server), program, ...args] }
  }

  /** Runs something. @returns with it how much others worked in the meantime, in cores */
  async watch<T>(work: () => Promise<T>): Promise<{ value: T; foreign: number | undefined }> {
    const before = this.#seconds()
    const startedAt = performance.now()
    const value = await work()
    const elapsed = (performance.now() - startedAt) / 1000
    const after = this.#seconds()
    if (before === undefined || after === undefined) return { value, foreign: undefined }
    return { value, foreign: Math.max(0, (after - before) / elapsed) }
  }

  /** Seconds of processor time that went to others. */
  #seconds(): number | undefined {
    const own = [...this.#pids].reduce((sum, pid) => sum + processSeconds(pid), 0)
    const all = machineSeconds()
    return all && all - own - processSeconds(process.pid, true)
  }
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + PATIENCE
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    const answer = await fetch(url).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
  }
  throw new Error('it ended, or took too long')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}
