import { readFile } from 'node:fs/promises'

/** Reads a file whole. @returns undefined when there is none; @throws when it can't be read for another reason */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
