import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** The commands of a section of a guide. */
export interface Block {
  /** The heading that they stand under. */
  readonly heading: string
  readonly commands: string
}

/** A shell that a reader of a guide types into. Disposing of it ends whatever was started from it. */
export interface Shell extends AsyncDisposable {
  /** Types commands, and waits for their end. @returns what was written, all together @throws when one fails */
  readonly run: (commands: string) => Promise<string>
}

/** Reads the `sh` blocks of a guide, as they are. */
export async function readGuide(url: URL): Promise<readonly Block[]> {
  const text = await readFile(url, 'utf8')
  return [...text.matchAll(/^#+ (.+)$|^```sh\n([\s\S]*?)^```$/gm)].reduce<{
    heading: string
    blocks: Block[]
  }>(
    ({ heading, blocks }, [, title, commands]) =>
      commands === undefined
        ? { heading: title ?? heading, blocks }
        : { heading, blocks: [...blocks, { heading, commands }] },
    { heading: '', blocks: [] },
  ).blocks
}

/** Opens a shell that ends at the first command that fails. */
export function openShell(options: { readonly cwd: string; readonly env: Record<string, string> }): Shell {
  const shell = spawn('bash', ['-euo', 'pipefail'], {
    ...options,
    // A group of its own, so that what was left running can be ended with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let written = ''
  const waiting = new Set<() => void>()
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk
      for (const look of waiting) look()
    })
  const ended = new Promise<void>((resolve) => {
    shell.on('exit', () => resolve())
  })

  function run(commands: string): Promise<string> {
    const mark = `done-${randomUUID()}`
    const before = written.length
    return new Promise((resolve, reject) => {
      const look = () => {
        const end = written.indexOf(mark, before)
        if (end === -1) return
        waiting.delete(look)
        resolve(written.slice(before, end))
      }
      waiting.add(look)
      void ended.then(() => reject(new Error(`${commands}\nfailed: ${written.slice(before)}`)))
      shell.stdin.write(`${commands}\nprintf '%s\\n' ${mark}\n`)
    })
  }

  return {
    run,
    [Symbol.asyncDispose]: async () => {
      endGroup(shell)
      await ended
    },
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing of it runs any more.
  }
}
