import { existsSync } from 'node:fs'
import { openStore, StartError } from '../workbench.ts'
import type { Config } from '../config.ts'
import type { InviteStore } from '../invites/store.ts'

/**
 * Opens the database of the settings, in which Latchkey has served this host before.
 *
 * @param options.asItIs refuses a database of an older version, which would be changed
 * @throws {StartError} when there is none, which creates none, or when the host was never served from there
 */
export async function openKnownStore(
  config: Config,
  options: { readonly asItIs?: boolean } = {},
): Promise<InviteStore> {
  const { hostname } = config.publicUrl
  const { databasePath } = config
  if (!existsSync(databasePath))
    throw new StartError(
      `There is no database ${databasePath}: mend LATCHKEY_DATABASE, or start Latchkey with it once.`,
    )
  await using opened = new AsyncDisposableStack()
  const store = opened.use(await openStore(config, options))
  if ((await store.host(hostname)) === undefined)
    throw new StartError(
      `The database ${databasePath} knows no host ${hostname}: mend LATCHKEY_PUBLIC_URL or LATCHKEY_DATABASE.`,
    )
  opened.move()
  return store
}
