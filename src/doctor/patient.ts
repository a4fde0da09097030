import { lookup } from 'node:dns/promises'
import { statfs } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { InviteStore } from '../invites/store.ts'
import type { Instant } from '../invites/types.ts'
import type { PdsClient } from '../pds/client.ts'

/** What the machine tells. */
export interface Machine {
  readonly now: () => Instant
  /** The bytes of the file system of a folder, and how many of them are free for this user. */
  readonly space: (folder: string) => Promise<{ readonly free: number; readonly total: number }>
  /** All addresses of a host name. */
  readonly addressesOf: (name: string) => Promise<readonly string[]>
  /** The addresses of its own interfaces. */
  readonly ownAddresses: () => readonly string[]
}

/** The settings that say where its parts are; those of `latchkey serve` fit. */
export interface Places {
  readonly publicUrl: URL
  readonly pdsUrl: URL
  /** The PDS's own settings; undefined where nobody said where they are. */
  readonly pdsEnv: string | undefined
  readonly databasePath: string
  readonly port: number
  readonly bind: string
}

/** An installation, any part of which may be broken. */
export interface Patient {
  readonly config: Places
  readonly pds: PdsClient
  /** Opens the database of the settings as it is: none is created, and an old one is refused. */
  readonly openDatabase: () => Promise<InviteStore>
  /** The methods that are Latchkey's. */
  readonly nsids: readonly string[]
  readonly machine: Machine
}

/** The machine that this runs on. */
export const THIS_MACHINE: Machine = {
  now: () => Date.now(),
  space: async (folder) => {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { free: bavail * bsize, total: blocks * bsize }
  },
  addressesOf: async (name) => {
    const found = await lookup(name, { all: true })
    return found.map(({ address }) => address)
  },
  ownAddresses: () =>
    Object.values(networkInterfaces())
      .flatMap((found = []) => found)
      .map(({ address }) => address),
}
