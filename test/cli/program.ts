import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A running `latchkey`, as a user's shell starts it. */
export interface Program extends AsyncDisposable {
  readonly child: ChildProcess
  /** All it wrote so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves as soon as one of the outputs matches. @throws when it ends before */
  readonly untilSays: (pattern: RegExp) => Promise<void>
  readonly exit: Promise<number | null>
}

/**
 * Starts `latchkey` with arguments and no other settings in the environment than those given.
 *
 * @param input its standard input, whole; none where unset
 */
export function startProgram(
  args: readonly string[],
  settings: Record<string, string> = {},
  input?: string,
): Program {
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: process.env['TMPDIR'] ?? '/tmp', ...settings }
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  const written = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      written[name] += chunk
      for (const check of waiting) check()
    })
  }
  const exit = new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  return {
    child,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    untilSays: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!pattern.test(written.stdout) && !pattern.test(written.stderr)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        void exit.then((code) => reject(new Error(`ended with ${code}: ${written.stdout}${written.stderr}`)))
        check()
      }),
    exit,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** Runs `latchkey` to its end. */
export async function runProgram(
  args: readonly string[],
  settings: Record<string, string> = {},
  input?: string,
) {
  await using program = startProgram(args, settings, input)
  const code = await program.exit
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}
