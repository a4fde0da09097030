/**
 * Restores a backup and is killed on the way.
 *
 *     node test/cli/killed-restore.ts DATABASE BACKUP before|after linkSync|renameSync
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { restoreDatabase } from '../../src/store/sqlite/file/restore.ts'

const [path = '', backup = '', when, step] = process.argv.slice(2)
if (step !== 'linkSync' && step !== 'renameSync') throw new Error(`There is no step ${step}`)

const usual = fs[step]
fs[step] = (from, to) => {
  if (when === 'after') usual(from, to)
  process.kill(process.pid, 'SIGKILL')
}
syncBuiltinESMExports()
await restoreDatabase({ path, backup, now: Date.now })
