import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChaosWorld } from './world.ts'

/** A way in which a database can't be written, until disposed of. */
export interface Unwritable {
  readonly name: string
  /** Whether this machine and user can do it. */
  readonly possible: boolean
  readonly begin: (world: ChaosWorld) => Disposable
}

/** Ways that work on any database. The first needs no rights, and a child that ignores SIGXFSZ: see `child.ts`. */
export const UNWRITABLE: readonly Unwritable[] = [
  {
    name: 'no file may grow',
    possible: true,
    begin: ({ latchkeys }) => {
      const pids = latchkeys.flatMap(({ child }) => child?.process.pid ?? [])
      const limit = (soft: string) => {
        for (const pid of pids) run('prlimit', '--pid', String(pid), `--fsize=${soft}:`)
      }
      limit('0')
      return { [Symbol.dispose]: () => limit('unlimited') }
    },
  },
  {
    name: 'its files are read-only',
    possible: canFreeze(),
    begin: ({ books }) => {
      const files = [books.latchkey, `${books.latchkey}-wal`]
      run('chattr', '+i', ...files)
      return { [Symbol.dispose]: () => run('chattr', '-i', ...files) }
    },
  },
]

const DISK_SIZE = 8 * 1024 * 1024

/** A small disk of its own. */
export interface SmallDisk extends Disposable {
  readonly folder: string
  /** Takes all the room that is left. */
  readonly fill: () => Disposable
  /** Makes it read-only; nothing on it may be open for writing. */
  readonly freeze: () => Disposable
}

/** @returns undefined where the user may not mount one */
export function mountSmallDisk(): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-small-'))
  const remove = () => rmSync(folder, { recursive: true })
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', folder)
  } catch {
    remove()
    return undefined
  }
  return {
    folder,
    fill: () => {
      const filler = join(folder, 'filler')
      try {
        writeFileSync(filler, Buffer.alloc(DISK_SIZE))
      } catch {
        // It has taken what there is.
      }
      return { [Symbol.dispose]: () => rmSync(filler) }
    },
    freeze: () => {
      run('mount', '-o', 'remount,ro', folder)
      return { [Symbol.dispose]: () => run('mount', '-o', 'remount,rw', folder) }
    },
    [Symbol.dispose]: () => {
      run('umount', folder)
      remove()
    },
  }
}

/** Whether a file that is open can be made read-only here. */
function canFreeze(): boolean {
  const file = join(tmpdir(), `latchkey-freeze-${process.pid}`)
  writeFileSync(file, '')
  try {
    run(
      'sh',
      '-c',
      'exec 3>>"$0"; chattr +i "$0" || exit 1; ! echo x >&3 2>/dev/null; r=$?; chattr -i "$0"; exit $r',
      file,
    )
    return true
  } catch {
    return false
  } finally {
    rmSync(file)
  }
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'pipe' })
}
