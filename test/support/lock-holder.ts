/** A program that holds an SQLite file's write lock, from when it says so until its standard input ends. */
import { DatabaseSync } from 'node:sqlite'

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('the path of a database is missing')
// Somebody else may be writing just now.
const database = new DatabaseSync(path, { timeout: 5000 })
database.exec('BEGIN IMMEDIATE')
process.stdout.write('locked\n')
process.stdin.on('data', () => undefined).on('end', () => database.close())
