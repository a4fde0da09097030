import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { audit, type Books } from './auditor.ts'
import { eventually } from './eventually.ts'
import { DOORS, post, signUp, somebody } from './people.ts'
import { startChaosWorld } from './world.ts'

let folder: string
/** Sound books of one person in by each door, and of one who came by a code of the PDS's at its own. */
let sound: Books

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-audit-'))
  await using world = await startChaosWorld({ timings: { adoptEvery: 300 } })
  await world.latchkeys[0]?.start()
  const [code = ''] = await world.gift(3)
  for (const door of DOORS) expect((await signUp(world.url, somebody(door, code)))?.status).toBe(200)
  const { body } =
    (await post(
      `${world.pdsUrl}/xrpc/com.atproto.server.createInviteCode`,
      { useCount: 2 },
      { authorization: world.adminAuth },
    )) ?? {}
  const insider = somebody('createAccount', String(body?.['code']))
  expect((await signUp(world.pdsUrl, insider))?.status).toBe(200)
  await eventually(() => (imported(world.books) === 1 ? [] : ['the code of the PDS is not adopted']))
  await world.converged()
  sound = copyOf(world.books, 'sound')
})

afterAll(() => rm(folder, { recursive: true }))

function imported({ latchkey }: Books): unknown {
  using database = new DatabaseSync(latchkey, { readOnly: true })
  return database.prepare("SELECT count(*) AS codes FROM invite_code WHERE upstream = 'ours'").get()?.[
    'codes'
  ]
}

function copyOf(books: Books, name: string): Books {
  const copy = { latchkey: join(folder, `${name}.latchkey`), pds: join(folder, `${name}.pds`) }
  for (const side of ['latchkey', 'pds'] as const) {
    using database = new DatabaseSync(books[side])
    database.prepare('VACUUM INTO ?').run(copy[side])
  }
  return { ...books, ...copy }
}

function program({ latchkey, pds, hostname }: Books): Promise<{ code: number; output: string }> {
  const file = fileURLToPath(new URL('auditor.ts', import.meta.url))
  return new Promise((resolve) => {
    execFile(process.execPath, [file, latchkey, pds, hostname], (error, output) =>
      resolve({ code: Number(error?.code ?? 0), output }),
    )
  })
}

test('sound books pass', async () => {
  expect(audit(sound)).toEqual([])
  expect(await program(sound)).toEqual({ code: 0, output: '' })
})

for (const [name, side, damage, found] of [
  [
    'a use that Latchkey lost',
    'latchkey',
    `DELETE FROM invite_use
     WHERE used_by = (SELECT max(used_by) FROM invite_use WHERE reservation_id IS NOT NULL)`,
    /came in by reservation .* has 0 use/,
  ],
  ['a counter that is too low', 'latchkey', 'UPDATE invite_code SET used = 1', /counts 1 use.* has 2/],
  [
    'a use that is held for nobody',
    'latchkey',
    'UPDATE invite_code SET reserved = 1',
    /counts 1 sign-up.* has 0/,
  ],
  [
    'a sign-up left open',
    'latchkey',
    `UPDATE reservation SET state = 'settling' WHERE door = 'oauth'`,
    /is still settling/,
  ],
  [
    'a sign-up released after it was counted',
    'latchkey',
    `UPDATE reservation SET state = 'released' WHERE door = 'oauth'`,
    /is released and has 1 use/,
  ],
  [
    'a use counted for somebody else',
    'latchkey',
    `UPDATE invite_use SET used_by = 'did:plc:else'`,
    /has no use at the PDS/,
  ],
  [
    'a wrong inviter',
    'latchkey',
    `UPDATE account SET invited_by_code = 'x' WHERE invited_by_code IS NOT NULL`,
    /is said to have been invited by x/,
  ],
  [
    'an account that Latchkey never heard of',
    'pds',
    `INSERT INTO invite_code SELECT 'new', 1, 0, forAccount || 'x', createdBy, createdAt FROM invite_code WHERE forAccount <> 'admin' LIMIT 1;
     INSERT INTO invite_code_use VALUES ('new', 'did:plc:new', '2026-01-01T00:00:00.000Z')`,
    /did:plc:new came in by reservation/,
  ],
  [
    'a use of the PDS’s that Latchkey did not copy',
    'latchkey',
    'DELETE FROM invite_use WHERE reservation_id IS NULL',
    /the PDS's use of .* is not counted/,
  ],
  [
    'a use that is said to be the PDS’s',
    'pds',
    "DELETE FROM invite_code_use WHERE code IN (SELECT code FROM invite_code WHERE forAccount = 'admin')",
    /is not the PDS's/,
  ],
  [
    'a code that both would redeem',
    'pds',
    "UPDATE invite_code SET disabled = 0 WHERE forAccount = 'admin'",
    /is Latchkey's and open at the PDS/,
  ],
  [
    'a code that nobody would redeem',
    'latchkey',
    "UPDATE invite_code SET upstream = 'closing' WHERE upstream = 'ours'",
    /is still being taken over/,
  ],
  [
    'a code that is still good at the PDS',
    'pds',
    `INSERT INTO invite_code SELECT 'new', 1, 0, forAccount, createdBy, createdAt FROM invite_code WHERE forAccount <> 'admin' LIMIT 1`,
    /still good for whoever holds it/,
  ],
  ['an account that is gone', 'pds', 'DELETE FROM account; DELETE FROM actor', /is of nobody at the PDS/],
  [
    'an account that came without a code',
    'pds',
    'DELETE FROM invite_code_use',
    /is at the PDS and used no code there/,
  ],
] as const)
  test.concurrent(`it finds ${name}`, async () => {
    const books = copyOf(sound, name.replaceAll(' ', '-'))
    {
      using database = new DatabaseSync(books[side])
      database.exec(damage)
    }
    const { code, output } = await program(books)
    expect(output).toMatch(found)
    expect(code).toBe(1)
  })
