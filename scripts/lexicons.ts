/**
 * Generates `src/lexicons/` from the `com.atproto.*` documents that Latchkey speaks, and from its own in `lexicons/`. The
 * former come from the `schemas` export of `@atproto/api`, so that a new protocol release is one dependency update.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { schemas } from '@atproto/api'

/** The methods that Latchkey answers or calls; what they refer to is added. */
const METHODS = [
  'com.atproto.admin.disableAccountInvites',
  'com.atproto.admin.disableInviteCodes',
  'com.atproto.admin.enableAccountInvites',
  'com.atproto.admin.getAccountInfo',
  'com.atproto.admin.getAccountInfos',
  'com.atproto.admin.getInviteCodes',
  'com.atproto.server.createAccount',
  'com.atproto.server.createInviteCode',
  'com.atproto.server.createInviteCodes',
  'com.atproto.server.createSession',
  'com.atproto.server.describeServer',
  'com.atproto.server.getAccountInviteCodes',
  'com.atproto.sync.getRepoStatus',
  'com.atproto.sync.listRepos',
  'com.atproto.sync.subscribeRepos',
]

/** `@atproto/api` spells references as `lex:…`, which the builder does not know. */
const documents = new Map<string, string>(
  schemas.map((document) => [document.id, JSON.stringify(document).replaceAll('"lex:', '"')]),
)

function collect(id: string, into: Set<string>): Set<string> {
  if (into.has(id)) return into
  const document = documents.get(id)
  if (document === undefined) throw new Error(`@atproto/api has no lexicon ${id}`)
  into.add(id)
  for (const [, ref] of document.matchAll(/"([a-z][\w.-]+\.[\w.-]+)(?:#\w+)?"/g)) {
    if (ref !== undefined && documents.has(ref)) collect(ref, into)
  }
  return into
}

const folder = mkdtempSync(join(tmpdir(), 'latchkey-lexicons-'))
try {
  const wanted = METHODS.reduce((into, id) => collect(id, into), new Set<string>())
  for (const id of wanted) {
    const path = join(folder, `${id.replaceAll('.', '/')}.json`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, documents.get(id) ?? '')
  }
  cpSync('lexicons', folder, { recursive: true })
  const options = [
    '--lib',
    '@atproto/lex-schema',
    '--import-ext',
    '.ts',
    '--index-file',
    '--clear',
    '--no-pretty',
  ]
  execFileSync('lex', ['build', '--lexicons', folder, '--out', 'src/lexicons', ...options], {
    stdio: 'inherit',
  })
} finally {
  rmSync(folder, { recursive: true })
}
