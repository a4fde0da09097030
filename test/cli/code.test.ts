import { existsSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { takeDown } from '../pds/firehose-world.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { giftCode, join, postAsAdmin } from '../support/members.ts'
import { runProgram } from './program.ts'

let fronted: FrontedWorld

beforeAll(async () => {
  fronted = await startFrontedWorld()
})

afterAll(() => fronted[Symbol.asyncDispose]())

const settings = (database = fronted.databasePath) => ({
  LATCHKEY_PUBLIC_URL: fronted.url,
  LATCHKEY_PDS_URL: fronted.world.pds.url,
  LATCHKEY_PDS_ADMIN_PASSWORD: fronted.world.secrets.adminPassword,
  LATCHKEY_DATABASE: `sqlite:${database}`,
})

const show = (args: readonly string[], input?: string) => runProgram(['code', ...args], settings(), input)

/** Sets what nothing sets yet. */
function change(code: string, column: 'expires_at' | 'restricted_to' | 'reserved', value: string | number) {
  using db = new DatabaseSync(fronted.databasePath, { timeout: 5000 })
  db.prepare(`UPDATE invite_code SET ${column} = ? WHERE code = ?`).run(value, code)
}

test('a code is shown with its owner, its uses and who used it, and can be redeemed', async () => {
  const anna = await join(fronted, 'anna.test')
  const code = await giftCode(fronted, { forAccount: anna.did, useCount: 3 })
  const bert = await join(fronted, 'bert.test', code)
  const { code: status, stdout, stderr } = await show([code])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(new RegExp(`^code +${code}\nowner +${anna.did}\nmade +\\S+Z by admin\n`))
  expect(stdout).toMatch(/^uses left +2 of 3\nheld +0 by /m)
  expect(stdout).toMatch(/^expires +never\nfor +anybody\n/m)
  expect(stdout).toMatch(new RegExp(`^used +\\S+Z by ${bert.did}\n\nIt can be redeemed\\.\n$`, 'm'))
  expect(JSON.parse((await show([code, '--json'])).stdout)).toMatchObject({
    code,
    forAccount: anna.did,
    ownerStatus: 'active',
    createdBy: 'admin',
    available: 3,
    used: 1,
    reserved: 0,
    expiresAt: null,
    uses: [{ usedBy: bert.did, usedAt: expect.stringMatching(/Z$/) }],
    refusal: null,
  })
})

test('of a code with many uses the newest are shown, and how many there were before', async () => {
  const code = await giftCode(fronted, { useCount: 150 })
  {
    using db = new DatabaseSync(fronted.databasePath, { timeout: 5000 })
    db.prepare('UPDATE invite_code SET used = 130 WHERE code = ?').run(code)
    db.prepare(
      `WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 130)
       INSERT INTO invite_use (code, used_by, used_at) SELECT ?, printf('did:plc:%03d', number), number FROM numbers`,
    ).run(code)
  }
  const { stdout } = await show([code])
  expect(stdout.match(/^used .* by did:plc:/gm)).toHaveLength(100)
  expect(stdout).toMatch(/ by did:plc:031\nused +30 times before that\n\nIt can be redeemed\.\n$/)
  const { used, uses } = JSON.parse((await show([code, '--json'])).stdout) as {
    used: number
    uses: unknown[]
  }
  expect([used, uses.length]).toEqual([130, 100])
})

test('the code can be given on standard input, where nobody else sees it', async () => {
  const code = await giftCode(fronted)
  for (const args of [[], ['-']]) {
    const { stdout } = await show(args, `${code}\n`)
    expect(stdout).toContain('It can be redeemed.')
  }
  const nothing = await show([], '')
  expect([nothing.code, nothing.stderr]).toEqual([1, 'No invite code was given.\n'])
})

test('why a code is refused is told in words', async () => {
  const olga = await join(fronted, 'olga.test')
  const codes = {
    disabled: await giftCode(fronted),
    expired: await giftCode(fronted),
    held: await giftCode(fronted),
    used: await giftCode(fronted),
    restricted: await giftCode(fronted),
    ownerGone: await giftCode(fronted, { forAccount: olga.did }),
  }
  await postAsAdmin(fronted, com.atproto.admin.disableInviteCodes.$nsid, { codes: [codes.disabled] })
  change(codes.expired, 'expires_at', Date.now() - 1)
  change(codes.held, 'reserved', 1)
  await join(fronted, 'carl.test', codes.used)
  change(codes.restricted, 'restricted_to', 'dora.test')
  await takeDown(fronted.world, olga.did, true)
  const verdict = async (...args: string[]) => (await show(args)).stdout.trimEnd().split('\n').at(-1)
  expect(await verdict(codes.disabled)).toBe("It can't be redeemed: it is disabled.")
  expect(await verdict(codes.expired)).toBe("It can't be redeemed: it has expired.")
  expect(await verdict(codes.held)).toBe(
    "It can't be redeemed now: sign-ups that are not finished hold its last uses.",
  )
  expect(await verdict(codes.used)).toBe("It can't be redeemed: it is used up.")
  expect(await verdict(codes.restricted)).toBe("It can't be redeemed by anybody but dora.test.")
  expect(await verdict(codes.restricted, '--handle', 'Dora.Test')).toBe('It can be redeemed.')
  await expect
    .poll(() => verdict(codes.ownerGone), { timeout: 10_000 })
    .toBe("It can't be redeemed: its owner's account is taken down.")
})

test('an unknown code is told in a sentence that does not repeat it', async () => {
  expect(await show(['localhost-aaaaa-bbbbb'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'localhost has no such invite code.\n',
  })
})

test('before the take-over a code that is not known may be one of the PDS', async () => {
  const setEarning = (since: number | null) => {
    using db = new DatabaseSync(fronted.databasePath, { timeout: 5000 })
    db.prepare('UPDATE host SET earning_since = ?').run(since)
  }
  setEarning(null)
  const { code, stderr } = await show(['localhost-aaaaa-bbbbb'])
  setEarning(1)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^localhost .* known here; the PDS may redeem it/)
})

test('a pause is told where a code is good', async () => {
  const code = await giftCode(fronted)
  const signups = (...args: string[]) => runProgram(['signups', ...args], settings())
  await signups('pause')
  const { stdout } = await show([code])
  const json = (await show([code, '--json'])).stdout
  await signups('pause', '--except-migrations')
  const excepting = (await show([code])).stdout
  await signups('resume')
  expect(stdout).toMatch(/\n\nIt can be redeemed\.\nSign-ups are paused at the moment: nobody/)
  expect(JSON.parse(json)).toMatchObject({ refusal: null, signupsPausedSince: expect.stringMatching(/Z$/) })
  expect(excepting).toMatch(
    /\nSign-ups are paused at the moment, except for accounts that bring their DID along\.\n$/,
  )
  expect((await show([code])).stdout).toMatch(/It can be redeemed\.\n$/)
})

test('the help says that arguments can be seen by others', async () => {
  expect((await runProgram(['code', '--help'])).stdout).toMatch(/arguments\s+can\s+be\s+seen\s+by\s+others/)
})

test.each([['code', 'x'], ['resync'], ['signups', 'pause']])(
  '%s makes no database where there is none',
  async (...args) => {
    const path = joinPath(fronted.world.dataDir, 'missing.sqlite')
    const { code, stderr } = await runProgram(args, settings(path))
    expect([code, stderr]).toEqual([
      1,
      `There is no database ${path}: mend LATCHKEY_DATABASE, or start Latchkey with it once.\n`,
    ])
    expect(existsSync(path)).toBe(false)
  },
)
