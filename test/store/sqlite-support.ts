import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { InviteStore } from '../../src/invites/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import type { StoreUnderTest } from './conformance/support.ts'

/** A folder that goes with its test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'latchkey-store-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Leaves a database as the first version of Latchkey's tables has it, which a start would change. */
export function makeOlderDatabase(path: string): void {
  using db = new DatabaseSync(path)
  db.exec(MIGRATIONS[0] ?? '')
  db.exec("INSERT INTO host (hostname, did) VALUES ('localhost', 'did:web:localhost')")
  db.exec('PRAGMA application_id = 0x4c4b4559; PRAGMA user_version = 1')
}

/** A store in a new file, for the conformance suite. */
export async function openForConformance(): Promise<StoreUnderTest & { path: string }> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const path = join(folder.path, 'latchkey.sqlite')
  const store = stack.use(await openSqliteStore({ path }))
  const side = stack.use(new DatabaseSync(path, { timeout: 0 }))
  const resources = stack.move()
  return {
    path,
    store,
    openAnother: async (): Promise<InviteStore> => resources.use(await openSqliteStore({ path })),
    execute: async (sql, ...parameters) =>
      side
        .prepare(sql)
        .all(...parameters)
        .map((row) => ({ ...row })),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
