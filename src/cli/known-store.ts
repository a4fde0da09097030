import { openStore, StartError } from '../app.ts'
import type { Config } from '../config.ts'
import type { InviteStore } from '../invites/store.ts'

/**
 * Opens the database of the settings, in which Latchkey has served this host before.
 *
 * @throws {StartError} when it was never served from there
 */
export async function openKnownStore(config: Config): Promise<InviteStore> {
  const store = await openStore(config)
  const { hostname } = config.publicUrl
  if ((await store.host(hostname)) !== undefined) return store
  await store[Symbol.asyncDispose]()
  throw new StartError(
    `The database ${config.databasePath} knows no host ${hostname}: mend LATCHKEY_PUBLIC_URL or LATCHKEY_DATABASE.`,
  )
}
