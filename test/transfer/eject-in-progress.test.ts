import { readFile } from 'node:fs/promises'
import { join as path } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { com } from '../../src/lexicons/index.ts'
import { giftCode } from '../support/members.ts'
import { runScript } from './eject-scripts.ts'
import { liveIn, type LivedIn, signUpAt } from './eject-support.ts'

let life: LivedIn

beforeEach(async () => {
  life = await liveIn('0.5')
})

afterEach(() => life[Symbol.asyncDispose]())

async function setPaused(paused: boolean): Promise<void> {
  using db = new DatabaseSync(life.fronted.databasePath)
  db.prepare('UPDATE host SET paused_at = ?').run(paused ? Date.now() : null)
}

test('a sign-up in progress stops it in a sentence; with --anyway one that the PDS has finished is counted', async () => {
  const { fronted } = life
  const code = await giftCode(fronted, { useCount: 2 })
  await setPaused(false)
  // The PDS has made the account, and Latchkey does not hear of it before it ends.
  const held = fronted.link.holdAnswerTo(`/xrpc/${com.atproto.server.createAccount.$nsid}`)
  const answered = fronted.world
    .createAccount({ handle: 'unheard.test', viaUrl: fronted.url, inviteCode: code })
    .catch(String)
  await held
  await setPaused(true)

  const file = path(life.dataDir, 'eject.sql')
  const refused = await life.run('eject', '--sql', file, '--port', '0')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/^Sign-ups are in progress \(1\): .*latchkey signups pause.*--anyway\.\n$/)
  await expect(readFile(file)).rejects.toThrow('ENOENT')
  const api = await life.eject('--api', '--csv', `${file}.csv`)
  expect(api).toMatchObject({ code: 1, stdout: '' })

  expect(await life.eject('--sql', file, '--anyway')).toMatchObject({ code: 0 })
  const script = await readFile(file, 'utf8')
  fronted.link.refuse(true)
  await life.stop()
  await answered
  expect(await runScript(life.accountDb, script)).toMatchObject({ failed: false })
  await using bare = await life.startBare()
  expect(await signUpAt(bare, 'second.test', code)).toHaveProperty('did')
  expect(await signUpAt(bare, 'third.test', code)).toMatch(/Provided invite code not available/)
}, 60_000)
