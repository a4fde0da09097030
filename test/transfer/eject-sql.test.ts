import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join as path } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HAS_SHELL, runInNode, runScript } from './eject-scripts.ts'
import { PDS_LINES, startWorld, type World } from '../support/pds.ts'
import {
  accountInfo,
  ejectionsIn,
  LEFT,
  listPdsCodes,
  liveIn,
  type LivedIn,
  ownCodesAt,
  signUpAt,
} from './eject-support.ts'

const TABLES = ['invite_code', 'invite_code_use', 'account'] as const
const NOT_AVAILABLE = /InvalidInviteCode.*Provided invite code not available/

/** What the script may change, in order. */
function contents(file: string): unknown {
  using db = new DatabaseSync(file, { readOnly: true })
  const present = new Set(
    db
      .prepare('SELECT name FROM sqlite_master')
      .all()
      .map(({ name }) => name),
  )
  return TABLES.filter((table) => present.has(table)).map((table) =>
    db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all(),
  )
}

describe.each(PDS_LINES)('eject --sql, with PDS %s', (line) => {
  let life: LivedIn
  let script: string
  const before: unknown[] = []

  function isEjected(): boolean {
    using db = new DatabaseSync(life.fronted.databasePath)
    return db.prepare('SELECT ejected_at FROM host').get()?.['ejected_at'] !== null
  }

  async function refuseWhileOpen(file: string): Promise<void> {
    const setPause = (at: number | null, excepts: number) => {
      using db = new DatabaseSync(life.fronted.databasePath)
      db.prepare('UPDATE host SET paused_at = ?, pause_excepts_migrations = ?').run(at, excepts)
    }
    for (const [at, excepts] of [
      [null, 0],
      [Date.now(), 1],
    ] as const) {
      setPause(at, excepts)
      const { code, stderr } = await life.eject('--sql', file)
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^Sign-ups are .*latchkey signups pause.*--anyway\.\n$/),
      ])
    }
    setPause(Date.now(), 0)
    expect(isEjected()).toBe(false)
  }

  beforeAll(async () => {
    life = await liveIn(line)
    const running = await life.eject('--sql', path(life.dataDir, 'early.sql'))
    expect(running.stderr).toMatch(/^Latchkey runs at http:\S+, .*stop it first; or give --anyway\.\n$/)
    await life.fronted.stopLatchkey()
    const file = path(life.dataDir, 'eject.sql')
    await refuseWhileOpen(file)
    expect(await ejectionsIn(life)).toEqual([])
    expect(await life.eject('--sql', file)).toMatchObject({ code: 0, stderr: 'Invite codes: 13\n' })
    script = await readFile(file, 'utf8')
    await life.stop()
    before.push(contents(life.accountDb))
    await copyFile(life.accountDb, `${life.accountDb}.before`)
    await copyFile(life.accountDb, `${life.accountDb}.node`)
    runInNode(`${life.accountDb}.node`, script)
    expect(await runScript(life.accountDb, script)).toMatchObject({ failed: false })
    before.push(contents(life.accountDb))
  })

  afterAll(async () => {
    await life[Symbol.asyncDispose]()
  })

  test('the script is for its owner only, says what it has and what the PDS can not hold to, and is in the audit log', async () => {
    const file = path(life.dataDir, 'again.sql')
    await life.eject('--withdraw')
    const { stdout } = await life.eject('--sql', file)
    const given = { action: 'eject', subject: 'localhost', detail: { by: 'sql', codes: 13, accounts: 6 } }
    expect(await ejectionsIn(life)).toEqual([
      given,
      { action: 'withdrawEject', subject: 'localhost', detail: {} },
      given,
    ])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(stdout).toContain('invite codes 13, their uses 6, accounts 6.')
    expect(stdout).toContain('Disabled in it because they have expired: 1.')
    expect(stdout).toContain('for one person only, which the PDS does not know: 1.')
  })

  test.skipIf(!HAS_SHELL)('the shell of SQLite says what was given back', async () => {
    const file = `${life.accountDb}.shell`
    await copyFile(`${life.accountDb}.before`, file)
    expect(await runScript(file, script)).toEqual({
      failed: false,
      output: 'Given back: 13 invite codes with 6 uses.\n',
    })
  })

  test('a file that is there stays as it is', async () => {
    const file = path(life.dataDir, 'mine.sql')
    await writeFile(file, 'mine', { mode: 0o644 })
    await life.eject('--withdraw')
    const refused = await life.eject('--sql', file)
    expect(refused).toMatchObject({
      code: 1,
      stderr: `${file} is there already: nothing is overwritten.\n`,
    })
    expect(await readFile(file, 'utf8')).toBe('mine')
    expect(isEjected()).toBe(false)
    expect((await life.eject('--sql', file, '--force')).stderr).toMatch(/unknown option '--force'/)
  })

  test('Latchkey serves no more, nor takes anything of the PDS, until it is withdrawn', async () => {
    await life.eject('--withdraw')
    expect((await life.eject('--sql', path(life.dataDir, 'third.sql'))).code).toBe(0)
    for (const args of [
      ['serve'],
      ['import'],
      ['import', '--dry-run'],
      ['import', '--take-over', '--anyway'],
      ['reconcile', '--apply'],
      ['eject', '--sql', path(life.dataDir, 'fourth.sql')],
      ['eject', '--api', '--csv', path(life.dataDir, 'fourth.csv')],
    ]) {
      const { code, stderr } = await life.run(...args)
      expect([code, stderr], args.join(' ')).toEqual([
        1,
        expect.stringMatching(
          /^The invite codes of localhost were given back to the PDS on .*use an empty database; .*latchkey eject --withdraw\.\n$/,
        ),
      ])
    }
    expect((await life.eject('--withdraw')).stdout).toMatch(
      /^The invite codes of localhost are Latchkey's again\./,
    )
    expect(isEjected()).toBe(false)
    expect((await life.eject('--withdraw')).stdout).toMatch(/were not given back: nothing was changed\.\n$/)
    await using latchkey = life.start('serve')
    await latchkey.untilSays(/Latchkey is listening/)
  }, 120_000)

  test('a second run, and one by another SQLite, come to the same', async () => {
    expect(contents(`${life.accountDb}.node`)).toEqual(before[1])
    expect(await runScript(life.accountDb, script)).toMatchObject({ failed: false })
    expect(contents(life.accountDb)).toEqual(before[1])
  })

  test('a script that lost its end, its middle or a row changes nothing', async () => {
    const statements = script.split(';\n')
    const middle = statements.findIndex((statement) => statement.includes('INTO latchkey_use VALUES'))
    const damaged = [
      script.slice(0, script.indexOf('INSERT INTO latchkey_end')),
      statements.toSpliced(middle, 1).join(';\n'),
      statements.with(middle, 'INSERT INTO latchkey_use VALUES (1, 2)').join(';\n'),
    ]
    const file = `${life.accountDb}.before`
    for (const part of damaged) {
      await runScript(file, part)
      expect(contents(file)).toEqual(before[0])
    }
  })

  test("another PDS's database, and one that is no PDS's, are refused in a sentence and stay as they are", async () => {
    await using other = await startWorld({ line, serviceDid: 'did:web:other.test' })
    await other.createAccount({ handle: 'other-o.test' })
    const copy = path(life.dataDir, 'other.sqlite')
    {
      using db = new DatabaseSync(path(other.dataDir, 'pds', 'account.sqlite'))
      db.exec(`VACUUM INTO '${copy}'`)
    }
    const others = contents(copy)
    const refused = await runScript(copy, script)
    expect(refused.failed).toBe(true)
    expect(refused.output).toContain('so it is another one: nothing was changed.')
    expect(refused.output).not.toContain('Given back')
    expect(contents(copy)).toEqual(others)
    expect(() => runInNode(copy, script)).toThrow(/another one/)

    const ours = path(life.dataDir, 'copy-of-latchkey.sqlite')
    await copyFile(life.fronted.databasePath, ours)
    const latchkeys = contents(ours)
    const strange = await runScript(ours, script)
    expect(strange.failed).toBe(true)
    expect(strange.output).toContain('This is not the account.sqlite of a PDS: nothing was changed.')
    expect(contents(ours)).toEqual(latchkeys)
  })

  describe('at the bare PDS', () => {
    let bare: World

    beforeAll(async () => {
      bare = await life.startBare()
    })

    afterAll(() => bare[Symbol.asyncDispose]())

    test('who came is invited by the code that was handed out, and no code of a sign-up is left', async () => {
      for (const [guest, code] of life.guests)
        expect((await accountInfo(bare, guest.did)).invitedBy?.code, guest.handle).toBe(code)
      const owners = (await listPdsCodes(bare)).map(({ forAccount }) => forAccount)
      expect(owners.filter((owner) => owner.startsWith('did:web:latchkey.'))).toEqual([])
      using db = new DatabaseSync(`${life.accountDb}.node`)
      const left = 'SELECT * FROM invite_code_use WHERE code NOT IN (SELECT code FROM invite_code)'
      expect(db.prepare(left).all()).toEqual([])
    })

    test('a member sees their own codes', async () => {
      const codes = await ownCodesAt(bare, life.founder)
      const seen = new Map(codes.map((code) => [code.code, code]))
      expect(seen.get(life.open.gifted)).toMatchObject({ available: 3, createdBy: 'admin' })
      expect(seen.get(life.open.gifted)?.uses).toHaveLength(2)
      expect(seen.get(life.open.takenOver)).toMatchObject({ available: 3 })
      expect(seen.get(life.open.takenOver)?.uses).toHaveLength(2)
      expect(seen.get(life.open.earned)).toMatchObject({
        available: 1,
        createdBy: life.founder.did,
        uses: [],
      })
      expect(seen.has(life.closed.disabled)).toBe(false)
    })

    test('whose invites are disabled is as Latchkey had it', async () => {
      const [ann, bob] = life.guests.map(([guest]) => guest.did)
      expect(await accountInfo(bare, ann ?? '')).toMatchObject({ invitesDisabled: true })
      expect(await accountInfo(bare, bob ?? '')).toMatchObject({ invitesDisabled: false })
    })

    test('an open code lets in as many as it had uses left, and no one more', async () => {
      for (const [kind, left] of Object.entries(LEFT)) {
        const code = life.open[kind as keyof typeof LEFT]
        for (let number = 1; number <= left; number++) {
          const guest = await signUpAt(bare, `${kind.toLowerCase()}${number}.test`, code)
          expect(guest, kind).toHaveProperty('did')
        }
        expect(await signUpAt(bare, `${kind.toLowerCase()}-more.test`, code), kind).toMatch(NOT_AVAILABLE)
      }
    })

    test("a code that let nobody in is refused in the PDS's own words", async () => {
      for (const [kind, code] of Object.entries(life.closed))
        expect(await signUpAt(bare, `${kind.toLowerCase()}-0.test`, code), kind).toMatch(NOT_AVAILABLE)
    })
  })
})
