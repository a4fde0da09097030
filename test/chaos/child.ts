import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a program of this folder is started. */
export interface ChildOptions {
  readonly file: string
  readonly args?: readonly string[]
  readonly settings?: Record<string, string>
  /** What it writes when it is ready. */
  readonly ready: RegExp
}

/** A running program that can be killed at any time. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  /** The end of what it wrote. */
  readonly output: () => string
  /** SIGKILL. @returns when it is gone */
  readonly kill: () => Promise<void>
  /** Stops it where it stands; `SIGCONT` lets it go on. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void
}

const LONGEST_OUTPUT = 200_000

/**
 * Starts a program and waits until it is ready. Writing beyond a limit of file size fails in it instead of ending it,
 * so that `prlimit` can play a full disk.
 *
 * @throws with all it wrote when it ends before
 */
export async function startChild({ file, args = [], settings = {}, ready }: ChildOptions): Promise<Child> {
  const program = fileURLToPath(new URL(file, import.meta.url))
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: process.env['TMPDIR'] ?? '/tmp', ...settings }
  const shell = ['-c', `trap '' XFSZ; exec "$0" "$@"`, process.execPath, program, ...args]
  const child = spawn('/bin/sh', shell, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let isReady = false
  const exit = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
  })
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output = (output + chunk).slice(-LONGEST_OUTPUT)
        if (!isReady && ready.test(output)) {
          isReady = true
          resolve()
        }
      })
    void exit.then(() => reject(new Error(`${file} ended: ${output}`)))
  })
  const kill = async () => {
    child.kill('SIGKILL')
    await exit
  }
  return {
    process: child,
    output: () => output,
    kill,
    signal: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: kill,
  }
}
