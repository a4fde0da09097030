import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { constants, copyFile, cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import { packageVersion } from '../machine.ts'
import type { Processes } from '../servers/processes.ts'
import { seedLatchkey } from './seed-latchkey.ts'
import { closeCodes, seedPds } from './seed-pds.ts'
import type { DataSet } from './sets.ts'

/** How many digits tell versions apart. */
const FINGERPRINT = 12

/** Grows with what the seeding writes. */
const SEEDING = 3

/** A set as databases, to be changed at will. */
export interface Databases {
  /** Latchkey's file. */
  readonly latchkey: string
  /** The folder of the PDS that Latchkey is measured beside. */
  readonly reference: string
  /** The folder of the PDS that stands behind Latchkey. */
  readonly upstream: string
}

/** Keeps filled databases from one run to the next, and hands out copies. */
export class Shelf {
  readonly #folder: string
  readonly #processes: Processes
  readonly #progress: (message: string) => void

  constructor(folder: string, processes: Processes, progress: (message: string) => void) {
    this.#folder = folder
    this.#processes = processes
    this.#progress = progress
  }

  /** Copies a set into an empty folder, and makes it first where it was never made for these versions of the servers. */
  async take(set: DataSet, into: string): Promise<Databases> {
    await cp(await this.#made(set), into, { recursive: true, mode: constants.COPYFILE_FICLONE })
    return databasesIn(into)
  }

  /** Copies what Latchkey has of a set into a folder. @returns the path of the database */
  async takeLatchkey(set: DataSet, into: string): Promise<string> {
    const { latchkey } = databasesIn(into)
    await copyFile(databasesIn(await this.#made(set)).latchkey, latchkey, constants.COPYFILE_FICLONE)
    return latchkey
  }

  async #made(set: DataSet): Promise<string> {
    const made = join(this.#folder, `${set.name}-${fingerprint(set)}`)
    if (!existsSync(made)) await this.#make(set, made)
    return made
  }

  /** Removes what was made of a set for other versions. */
  async #clear({ name }: DataSet): Promise<void> {
    const earlier = (await readdir(this.#folder)).filter(
      (entry) => entry.slice(0, -FINGERPRINT - 1) === name && entry.at(-FINGERPRINT - 1) === '-',
    )
    for (const entry of earlier) await rm(join(this.#folder, entry), { recursive: true })
  }

  async #make(set: DataSet, made: string): Promise<void> {
    this.#progress(`filling databases: ${set.name} (kept for the next time)`)
    await this.#clear(set)
    const part = `${made}.part`
    await rm(part, { recursive: true, force: true })
    const { latchkey, reference, upstream } = databasesIn(part)
    await mkdir(reference, { recursive: true })
    await seedLatchkey(latchkey, set, Date.now())
    await seedPds(this.#processes, reference, set)
    await cp(reference, upstream, { recursive: true, mode: constants.COPYFILE_FICLONE })
    closeCodes(upstream)
    await rename(part, made)
  }
}

function databasesIn(folder: string): Databases {
  return {
    latchkey: join(folder, 'latchkey.sqlite'),
    reference: join(folder, 'reference'),
    upstream: join(folder, 'upstream'),
  }
}

function fingerprint(set: DataSet): string {
  const what = JSON.stringify([SEEDING, set, MIGRATIONS, packageVersion('@atproto/pds')])
  return createHash('sha256').update(what).digest('hex').slice(0, FINGERPRINT)
}
