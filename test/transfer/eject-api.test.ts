import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { join as path } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { portOf } from '../../src/dev/free-port.ts'
import { com } from '../../src/lexicons/index.ts'
import { openRenamedCodes } from '../../src/transfer/eject/eject-csv.ts'
import { ejectionsIn, listPdsCodes, liveIn, type LivedIn, ownCodesAt, signUpAt } from './eject-support.ts'

const MINT = `/xrpc/${com.atproto.server.createInviteCode.$nsid}`

let life: LivedIn
let csv: string

beforeAll(async () => {
  life = await liveIn('0.5')
  csv = path(life.dataDir, 'codes.csv')
})

afterAll(() => life[Symbol.asyncDispose]())

function setPause(pause: 'paused' | 'except migrations' | 'open'): void {
  using db = new DatabaseSync(life.fronted.databasePath)
  db.prepare('UPDATE host SET paused_at = ?, pause_excepts_migrations = ?').run(
    pause === 'open' ? null : Date.now(),
    pause === 'except migrations' ? 1 : 0,
  )
}

async function rows(): Promise<{ old: string; new: string; uses: number; owner: string }[]> {
  const [header, ...lines] = (await readFile(csv, 'utf8')).trimEnd().split('\n')
  expect(header).toBe('old,new,uses,owner')
  return lines.map((line) => {
    const [old = '', made = '', uses = '', owner = ''] = line.split(',')
    return { old, new: made, uses: Number(uses), owner }
  })
}

/** A PDS that is asked for codes through something that says what becomes of each request, by its number from 1. */
async function startStrictPds(judge: (mint: number) => 'pass' | 'too many' | 'break off') {
  const mints: { at: number; bypass: unknown }[] = []
  const { hostname, port } = new URL(life.fronted.world.pds.url)
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming
    if (url === MINT) mints.push({ at: performance.now(), bypass: headers['x-ratelimit-bypass'] })
    const verdict = url === MINT ? judge(mints.length) : 'pass'
    if (verdict === 'break off') return incoming.socket.destroy()
    if (verdict === 'too many') return outgoing.writeHead(429, { 'retry-after': '1' }).end('{}')
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers))
    })
    return incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    flags: [
      '--pds-url',
      `http://127.0.0.1:${portOf(server)}`,
      '--pds-rate-limit-bypass-key',
      'let-me-through',
    ],
    mints,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('while Latchkey runs, or sign-ups are not wholly paused, nothing is made', async () => {
  const before = await listPdsCodes(life.fronted.world)
  const running = await life.eject('--api', '--csv', csv)
  expect(running.stderr).toMatch(/^Latchkey runs at .*stop it first.*\n$/)
  await life.fronted.stopLatchkey()
  for (const state of ['open', 'except migrations'] as const) {
    setPause(state)
    const refused = await life.eject('--api', '--csv', csv)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/^Sign-ups are .*latchkey signups pause.*\n$/)
  }
  setPause('paused')
  await writeFile(csv, 'mine')
  const there = await life.eject('--api', '--csv', csv)
  expect(there.stderr).toBe(`${csv} is there already: give --resume to go on with it, or another --csv.\n`)
  await rm(csv)
  expect(await listPdsCodes(life.fronted.world)).toHaveLength(before.length)
  expect(await ejectionsIn(life)).toEqual([])
})

test('a run that breaks off, and is too fast for the PDS, makes each code once when it is resumed', async () => {
  const before = await listPdsCodes(life.fronted.world)
  {
    await using pds = await startStrictPds((mint) => (mint === 3 ? 'break off' : 'pass'))
    const broken = await life.eject('--api', '--csv', csv, '--resume', ...pds.flags)
    expect(broken.stderr).toContain('leave out --resume')
    const first = await life.eject('--api', '--csv', csv, ...pds.flags)
    expect(first.code).toBe(1)
    expect(first.stderr).toMatch(/can't be reached.*go on with --resume\.\n$/)
    expect(await rows()).toHaveLength(2)
    expect((await stat(csv)).mode & 0o777).toBe(0o600)
  }
  // What it made may not be made again, nor taken by a Latchkey that starts meanwhile.
  for (const args of [['eject', '--api', '--csv', `${csv}.2`], ['serve']])
    expect((await life.run(...args)).stderr).toMatch(
      /^The invite codes of localhost were given back to the PDS/,
    )

  await using pds = await startStrictPds((mint) => (mint === 2 ? 'too many' : 'pass'))
  const second = await life.eject('--api', '--csv', csv, '--resume', ...pds.flags)
  expect(second).toMatchObject({ code: 0, stderr: 'Invite codes: 13\n' })
  expect(second.stdout).toContain('new codes 7, of them just made 5.')
  expect(second.stdout).toContain('under their own names, and left as they are: 1.')
  expect(second.stdout).toContain('for one person only, which the PDS does not know: 1.')
  expect(pds.mints).toHaveLength(6)
  expect(pds.mints.every(({ bypass }) => bypass === 'let-me-through')).toBe(true)
  const [, limited, retried] = pds.mints
  expect((retried?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThan(990)
  expect(await listPdsCodes(life.fronted.world)).toHaveLength(before.length + 7)
  expect(await ejectionsIn(life)).toMatchObject([
    { action: 'eject', detail: { finished: false } },
    { action: 'eject', subject: 'localhost', detail: { by: 'api', codes: 5 } },
  ])
})

test('the file says which code became which, of whom, for how many', async () => {
  const found = new Map((await rows()).map((row) => [row.old, row]))
  const { gifted, operators, earned, takenOver } = life.open
  expect(found.size).toBe(7)
  expect(found.get(gifted)).toMatchObject({ uses: 1, owner: life.founder.did })
  expect(found.get(operators)).toMatchObject({ uses: 2, owner: 'admin' })
  expect(found.get(earned)).toMatchObject({ uses: 1, owner: life.founder.did })
  expect(found.get(takenOver)).toMatchObject({ uses: 1, owner: life.founder.did })
})

test('a row that broke off is made anew, and nothing else', async () => {
  const whole = await rows()
  await truncate(csv, (await stat(csv)).size - 3)
  expect(await life.eject('--api', '--csv', csv, '--resume')).toMatchObject({ code: 0 })
  const mended = await rows()
  expect(mended).toHaveLength(whole.length)
  expect(mended.slice(0, -1)).toEqual(whole.slice(0, -1))
  expect(mended.at(-1)).toMatchObject({ old: whole.at(-1)?.old, uses: whole.at(-1)?.uses })
})

test("somebody else's file is refused and stays as it is", async () => {
  const foreign = path(life.dataDir, 'foreign.csv')
  for (const [line, text] of [
    [1, 'a line that does not end'],
    [1, 'name,mail\nann,ann@example.com\n'],
    [3, 'old,new,uses,owner\na,b,1,admin\na,b\n'],
  ] as const) {
    await writeFile(foreign, text)
    await expect(openRenamedCodes(foreign, true)).rejects.toThrow(
      `Line ${line} of ${foreign} is none that latchkey eject writes: give another --csv.`,
    )
    expect(await readFile(foreign, 'utf8')).toBe(text)
  }
})

test('at the bare PDS a new code lets in as many as the old one had left, and its owner sees it', async () => {
  const { world } = life.fronted
  const all = await rows()
  for (const [index, { new: code, uses }] of all.entries()) {
    for (let number = 1; number <= uses; number++)
      expect(await signUpAt(world, `guest${index}-${number}.test`, code)).toHaveProperty('did')
    expect(await signUpAt(world, `late${index}.test`, code)).toMatch(/Provided invite code not available/)
  }
  const seen = (await ownCodesAt(world, life.founder)).map(({ code }) => code)
  const own = all.filter(({ owner }) => owner === life.founder.did).map((row) => row.new)
  expect(seen).toEqual(expect.arrayContaining(own))
})

test.each([
  [[], 'Say how: either --sql <file>, or --api with --csv <file>.'],
  [['--api'], 'Say how: either --sql <file>, or --api with --csv <file>.'],
  [['--api', '--csv', 'a', '--sql', 'b'], '--sql and --api do not go together.'],
  [['--withdraw', '--sql', 'a'], '--withdraw and --sql do not go together.'],
])('%j is refused in a sentence', async (flags, sentence) => {
  expect(await life.eject(...flags)).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
})
