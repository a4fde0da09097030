import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { com } from '../../src/lexicons/index.ts'
import type { FrontedWorld } from '../support/latchkey.ts'
import { getAsAdmin } from '../support/members.ts'
import type { World } from '../support/pds.ts'

/** What Latchkey's database says of a code. */
export function countersOf({ databasePath }: FrontedWorld, code: string): { used: number; reserved: number } {
  using database = new DatabaseSync(databasePath, { readOnly: true })
  const row = database.prepare('SELECT used, reserved FROM invite_code WHERE code = ?').get(code)
  return { ...row } as { used: number; reserved: number }
}

/** Who has used a code, oldest first. */
export function usersOf({ databasePath }: FrontedWorld, code: string): readonly string[] {
  using database = new DatabaseSync(databasePath, { readOnly: true })
  const rows = database.prepare('SELECT used_by FROM invite_use WHERE code = ? ORDER BY used_at').all(code)
  return rows.map((row) => String(row['used_by']))
}

/** The code that an account came with, as the administrator sees it. */
export async function invitedByOf(fronted: FrontedWorld, did: string): Promise<string | undefined> {
  const info = await getAsAdmin<com.atproto.admin.defs.AccountView>(
    fronted,
    com.atproto.admin.getAccountInfo.$nsid,
    `?did=${did}`,
  )
  return info.invitedBy?.code
}

/** The DIDs that the PDS has accounts for, sorted. */
export async function accountsOf({ pds }: World): Promise<readonly string[]> {
  const rows = await pds.pds.ctx.accountManager.db.db.selectFrom('account').select('did').execute()
  return rows.map(({ did }) => did).toSorted()
}

/** The DID of each operation that the PLC directory has accepted, sorted: twice where an identity was changed. */
export async function operationsOf({ dataDir }: World): Promise<readonly string[]> {
  const lines = (await readFile(join(dataDir, 'plc.jsonl'), 'utf8')).trimEnd().split('\n')
  return lines
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { did: string }).did)
    .toSorted()
}
