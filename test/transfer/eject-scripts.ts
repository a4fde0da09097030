import { execFile, spawnSync } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'

const SHELL = 'sqlite3'

/** Whether SQLite's own shell is installed; without it scripts run in Node, which ends them at the first failure. */
export const HAS_SHELL = spawnSync(SHELL, ['--version']).status === 0
if (!HAS_SHELL) process.stderr.write('sqlite3 is not installed: its shell is NOT tried, only node:sqlite.\n')

/** What came of a script. */
export interface ScriptRun {
  readonly failed: boolean
  readonly output: string
}

/** Runs a script as a careless person does, without `-bail`: it goes on after failures, and must do no harm. */
export function runScript(database: string, script: string): Promise<ScriptRun> {
  if (!HAS_SHELL) return Promise.resolve(tryInNode(database, script))
  return new Promise((resolve) => {
    const shell = execFile(SHELL, [database], (error, stdout, stderr) => {
      resolve({ failed: error !== null, output: `${stdout}${stderr}` })
    })
    shell.stdin?.end(script)
  })
}

export function runInNode(database: string, script: string): void {
  using db = new DatabaseSync(database)
  db.exec(script)
}

function tryInNode(database: string, script: string): ScriptRun {
  try {
    runInNode(database, script)
    return { failed: false, output: '' }
  } catch (error) {
    return { failed: true, output: String(error) }
  }
}
