import type { MockDatabase } from '@did-plc/server'
import { open, truncate } from 'node:fs/promises'
import { readIfThere } from './read-if-there.ts'

type Operation = Parameters<MockDatabase['validateAndAddOp']>[1]

/** One line of the file: an operation that the directory accepted. */
interface LogLine {
  readonly did: string
  readonly operation: Operation
  readonly createdAt: string
}

/**
 * Makes the PLC server's in-memory database outlive the process: replays the accepted operations that `file` holds,
 * then appends each new one, on disk before the directory answers. Closing the database closes the file.
 *
 * @param database a fresh one
 * @param file one JSON object a line; created when missing, its folder must exist
 * @throws when a whole line of the file can't be replayed
 */
export async function keepOperations(database: MockDatabase, file: string): Promise<void> {
  await replay(database, file)
  const log = await open(file, 'a', 0o600)
  const accept = database.validateAndAddOp.bind(database)
  let broken: Error | undefined
  let turn: Promise<void> = Promise.resolve()

  async function acceptAndKeep(did: string, operation: Operation): Promise<void> {
    if (broken !== undefined) throw broken
    await accept(did, operation)
    try {
      await log.appendFile(logLine(database, did, operation))
      await log.datasync()
    } catch (error) {
      // What is in memory and what is on disk differ from here on: only a restart makes them one again.
      broken = new Error(`The PLC directory can't write ${file}`, { cause: error })
      throw broken
    }
  }

  // One at a time: the in-memory database checks an operation and adds it in two steps, which overlap otherwise, and
  // the file must have the order of the memory.
  database.validateAndAddOp = (did, operation) => {
    const done = turn.then(() => acceptAndKeep(did, operation))
    turn = done.catch(() => {})
    return done
  }
  database.close = async () => {
    await turn
    await log.close()
  }
}

/**
 * Lets the database accept the file's operations again, which works out anew which ones are nullified. The times are
 * put back last: a recovery is accepted only within 72 hours of what it nullifies, and that was checked in its day.
 */
async function replay(database: MockDatabase, file: string): Promise<void> {
  const lines = await wholeLines(file)
  for (const [index, text] of lines.entries()) {
    try {
      const { did, operation } = JSON.parse(text) as LogLine
      await database.validateAndAddOp(did, operation)
    } catch (cause) {
      throw new Error(`${file} can't be read: line ${index + 1} is not an operation of the PLC directory`, {
        cause,
      })
    }
  }
  const seen = new Map<string, number>()
  for (const text of lines) {
    const { did, createdAt } = JSON.parse(text) as LogLine
    const position = seen.get(did) ?? 0
    seen.set(did, position + 1)
    const indexed = database.contents[did]?.[position]
    if (indexed !== undefined) indexed.createdAt = new Date(createdAt)
  }
}

/** A line without its end was being written when the process died, so nobody was told of it: it is cut off. */
async function wholeLines(file: string): Promise<readonly string[]> {
  const bytes = await readIfThere(file)
  if (bytes === undefined) return []
  const end = bytes.lastIndexOf('\n') + 1
  if (end < bytes.length) await truncate(file, end)
  return bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
}

function logLine(database: MockDatabase, did: string, operation: Operation): string {
  const createdAt = database.contents[did]?.at(-1)?.createdAt ?? new Date()
  const line: LogLine = { did, operation, createdAt: createdAt.toISOString() }
  return `${JSON.stringify(line)}\n`
}
