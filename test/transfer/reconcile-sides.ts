import { copyFile, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Reconciliation } from '../../src/transfer/reconcile.ts'
import { devSecrets } from '../../src/dev/secrets.ts'
import { type ChaosWorld, NO_SWEEPING, startChaosWorld } from '../chaos/world.ts'
import { runProgram } from '../cli/program.ts'
import { DOORS, type Person, post, signUp, somebody } from '../chaos/people.ts'
import { eventually } from '../chaos/eventually.ts'

/** Latchkey and a PDS, each of which can be put back to how it was. */
export interface TwoSides extends AsyncDisposable {
  readonly world: ChaosWorld
  /** Copies Latchkey's database while it runs. */
  readonly backUpLatchkey: () => void
  /** Puts the copy in its place; Latchkey is dead by then, and stays so. */
  readonly restoreLatchkey: () => Promise<void>
  /** Stops the PDS, copies its folder, and starts it again. */
  readonly backUpPds: () => Promise<void>
  /** Puts the copy in its place while the PDS is stopped. */
  readonly restorePds: () => Promise<void>
  /** The `account.sqlite` of the copy. */
  readonly pdsCopy: string
  /** Runs a command as an operator does. @returns what it said @throws when it fails */
  readonly run: (...args: string[]) => Promise<string>
  /** Runs `reconcile` with `--json`. */
  readonly reconciled: (...flags: string[]) => Promise<Reconciliation>
}

/** Starts the PDS; Latchkey is started by the test. Codes at the PDS that nobody may use any more are left to the command. */
export async function startTwoSides(): Promise<TwoSides> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-reconcile-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const world = stack.use(await startChaosWorld({ timings: NO_SWEEPING }))
  const { books, pds, latchkeys } = world
  const latchkeyCopy = join(folder, 'latchkey.sqlite')
  const pdsFolder = dirname(books.pds)
  const pdsCopy = join(folder, 'pds')
  const { adminPassword } = await devSecrets(dirname(pdsFolder))
  const settings = {
    LATCHKEY_PUBLIC_URL: world.url,
    LATCHKEY_PDS_URL: world.pdsUrl,
    LATCHKEY_PDS_ADMIN_PASSWORD: adminPassword,
    LATCHKEY_DATABASE: `sqlite:${books.latchkey}`,
  }
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runProgram(args, settings)
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const parts = stack.move()
  return {
    world,
    backUpLatchkey: () => {
      using database = new DatabaseSync(books.latchkey)
      database.prepare('VACUUM INTO ?').run(latchkeyCopy)
    },
    restoreLatchkey: async () => {
      await latchkeys[0]?.kill()
      for (const suffix of ['-wal', '-shm']) await rm(`${books.latchkey}${suffix}`, { force: true })
      await copyFile(latchkeyCopy, books.latchkey)
    },
    backUpPds: async () => {
      await pds.kill()
      await cp(pdsFolder, pdsCopy, { recursive: true })
      await pds.start()
    },
    restorePds: async () => {
      await pds.kill()
      await rm(pdsFolder, { recursive: true })
      await cp(pdsCopy, pdsFolder, { recursive: true })
      await pds.start()
    },
    pdsCopy: join(pdsCopy, 'account.sqlite'),
    run,
    reconciled: async (...flags) => JSON.parse(await run('reconcile', '--json', ...flags)) as Reconciliation,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** Lets people in, by both doors in turn, once the doors are open. @returns their DIDs */
export async function letIn(url: string, code: string, count: number): Promise<readonly string[]> {
  const dids: string[] = []
  for (let index = 0; index < count; index++) {
    const person = somebody(DOORS[index % DOORS.length] ?? 'createAccount', code)
    await eventually(async () => {
      const heard = await signUp(url, person)
      if (heard?.status !== 200) return [JSON.stringify(heard)]
      dids.push(didOf(heard.body))
      return []
    })
  }
  return dids
}

function didOf(body: Record<string, unknown>): string {
  const { sub, did } = (body['account'] ?? body) as Record<string, unknown>
  return String(did ?? sub)
}

/** What the log says that the command line did, oldest first. */
export function logOf({ books }: ChaosWorld): unknown {
  using database = new DatabaseSync(books.latchkey, { readOnly: true })
  return database
    .prepare("SELECT action, subject, detail FROM audit_event WHERE actor = 'command line' ORDER BY at")
    .all()
    .map(({ action, subject, detail }) => [action, subject, JSON.parse(String(detail)) as unknown])
}

/** What somebody hears who tries a code once. */
export async function tryCode(url: string, code: string): Promise<number | undefined> {
  const person: Person = somebody('createAccount', code)
  return (await signUp(url, person))?.status
}

/** Deletes an account at the PDS, as its operator can. */
export async function deleteAccount({ pdsUrl, adminAuth }: ChaosWorld, did: string): Promise<void> {
  const heard = await post(
    `${pdsUrl}/xrpc/com.atproto.admin.deleteAccount`,
    { did },
    { authorization: adminAuth },
  )
  if (heard?.status !== 200) throw new Error(JSON.stringify(heard))
}

/** All rows of all tables of both databases, but for what Latchkey logs of those who run it. */
export function everything({ books }: ChaosWorld, sides: readonly ('latchkey' | 'pds')[]): unknown {
  return sides.map((side) => {
    using database = new DatabaseSync(books[side], { readOnly: true })
    const tables =
      side === 'pds'
        ? ['invite_code', 'invite_code_use', 'actor', 'account']
        : database
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'audit_event'")
            .all()
            .map(({ name }) => String(name))
    return tables.map((table) =>
      database
        .prepare(`SELECT * FROM "${table}"`)
        .all()
        .map((row) => JSON.stringify(row))
        .toSorted(),
    )
  })
}
