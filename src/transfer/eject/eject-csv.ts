import { type FileHandle, open } from 'node:fs/promises'
import { TransferError } from '../transfer-error.ts'

/** A code that was given back under a new name. */
export interface RenamedCode {
  readonly old: string
  readonly new: string
  /** The uses of the new one: what the old one had left. */
  readonly uses: number
  /** A DID or `admin`. */
  readonly owner: string
}

/** The file that says which code became which. What it says was done: each row is on disk before the next code is made. */
export interface RenamedCodes extends AsyncDisposable {
  /** Whether a row has this old code. */
  has(old: string): boolean
  /** Adds a row, and resolves once it is on disk. */
  append(row: RenamedCode): Promise<void>
}

const HEADER = 'old,new,uses,owner'
const ROW = /^([^,"]+),([^,"]+),([1-9]\d*),([^,"]+)$/

/**
 * Opens the file: a new one that only its owner can read, or one that a broken-off run left.
 *
 * @param resume whether it must be there, or must not
 * @throws {TransferError} when it can't be had so, or is no such file
 */
export async function openRenamedCodes(file: string, resume: boolean): Promise<RenamedCodes> {
  const handle = await openFile(file, resume)
  try {
    const done = await readDone(handle, file)
    if (done === undefined) await write(handle, `${HEADER}\n`)
    const known = done ?? new Set<string>()
    return {
      has: (old) => known.has(old),
      append: async (row) => {
        await write(handle, `${[row.old, row.new, row.uses, row.owner].join(',')}\n`)
        known.add(row.old)
      },
      [Symbol.asyncDispose]: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Whether a code can stand in the file; it has no quotes. */
export function fitsIntoRow(value: string): boolean {
  return /^[^,"\r\n]+$/.test(value)
}

async function openFile(file: string, resume: boolean): Promise<FileHandle> {
  try {
    return await open(file, resume ? 'r+' : 'wx+', 0o600)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST')
      throw new TransferError(`${file} is there already: give --resume to go on with it, or another --csv.`)
    if (code === 'ENOENT' && resume)
      throw new TransferError(`${file} is not there, so there is nothing to go on with: leave out --resume.`)
    throw new TransferError(`${file} can't be opened: ${String(error)}.`, { cause: error })
  }
}

/**
 * Reads what was done, and leaves the handle at the end of the last whole line: a row that broke off is cut away.
 *
 * @returns the old codes; undefined for a file without a header
 */
async function readDone(handle: FileHandle, file: string): Promise<Set<string> | undefined> {
  const done = new Set<string>()
  let number = 0
  let whole = 0
  let rest = ''
  for await (const chunk of handle.createReadStream({ encoding: 'utf8', autoClose: false, start: 0 })) {
    const lines = `${rest}${String(chunk)}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      number += 1
      whole += Buffer.byteLength(line) + 1
      const old = number === 1 ? undefined : ROW.exec(line)?.[1]
      if (number === 1 ? line !== HEADER : old === undefined) throw notOurs(file, number)
      if (old !== undefined) done.add(old)
    }
  }
  if (number === 0 && !HEADER.startsWith(rest)) throw notOurs(file, 1)
  await handle.truncate(whole)
  return number === 0 ? undefined : done
}

function notOurs(file: string, line: number): TransferError {
  return new TransferError(`Line ${line} of ${file} is none that latchkey eject writes: give another --csv.`)
}

async function write(handle: FileHandle, text: string): Promise<void> {
  const { size } = await handle.stat()
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, size + written)
    written += bytesWritten
  }
  await handle.datasync()
}
