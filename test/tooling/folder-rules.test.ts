import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { describe, expect, it } from 'vitest'

const FIXTURES = 'test/tooling/fixtures'
const CLOCK = 'Time comes in as `now`; the domain has no clock.'
const WAIT = 'The domain never waits; its callers do.'
const CHANCE = 'Chance comes in as `random`, so that tests can repeat it.'
const IO = 'The domain does no I/O; ports do it for the domain.'
const PROCESS = 'The domain does not know the process that it runs in.'
const PURE = 'src/invites is the pure domain: it imports nothing outside itself, not even from Node.'
const STORE = 'src/store may import only src/invites and what Node brings.'
const GATE = 'Of our folders src/gate may import only invites, auth, pds, lexicons and wire.'
const XRPC = 'Of our folders src/xrpc may import only invites, auth, lexicons and wire.'
const CONFIG = 'src/config.ts may import types of src/invites and the parsers of settings, and nothing else.'
const ENVIRONMENT = 'The environment is read in src/config.ts only, where every setting is checked.'

const BROWSER = 'What runs in browsers may import of ours only src/web, and types of the lexicons.'
const VIEW =
  'A view of the console may import of ours only what all views share, the kit and the words, and types.'
const WORDS = 'src/web/words is a catalogue: it may import nothing but itself.'

/** What the linter must say of each fixture, line by line, and that it says nothing else. */
const EXPECTED: Record<string, readonly string[]> = {
  'src/app.ts': [
    './dev/stack.ts: src/app.ts and src/workbench.ts are what cli and dev start: they may not import them.',
  ],
  'src/config.ts': [
    './invites/code.ts: src/config.ts may import types of src/invites, and no values.',
    `pino: ${CONFIG}`,
    `./store/sqlite.ts: ${CONFIG}`,
  ],
  'src/settings.ts': [
    'pino: src/settings.ts is a table: it may import the parsers of settings, and nothing else.',
  ],
  'src/setting-values.ts': [
    './config.ts: src/setting-values.ts parses text: of our own it may import types only.',
  ],
  'src/invites/imports-node.ts': [`node:crypto: ${PURE}`],
  'src/invites/imports-store.ts': [`../store/sqlite.ts: ${PURE}`],
  'src/invites/ambient.ts': [
    `Date: ${CLOCK}`,
    `Temporal: ${CLOCK}`,
    `performance: ${CLOCK}`,
    `setTimeout: ${WAIT}`,
    `setInterval: ${WAIT}`,
    `setImmediate: ${WAIT}`,
    `crypto: ${CHANCE}`,
    `Math.random: ${CHANCE}`,
    `fetch: ${IO}`,
    `WebSocket: ${IO}`,
    `console: ${IO}`,
    `process: ${PROCESS}`,
    `globalThis: ${PROCESS}`,
    `global: ${PROCESS}`,
  ],
  'src/store/imports-xrpc.ts': [`../xrpc/methods.ts: ${STORE}`],
  'src/store/imports-package.ts': [`pino: ${STORE}`],
  'src/store/sqlite/imports-pds.ts': [`../../pds/client.ts: ${STORE}`],
  'src/pds/imports-auth.ts': [
    '../auth/member.ts: Of our folders src/pds may import only invites and lexicons.',
  ],
  'src/auth/imports-wire.ts': [
    '../wire/failure.ts: Of our folders src/auth may import only invites, pds and lexicons.',
  ],
  'src/wire/imports-invites.ts': [
    '../invites/types.ts: src/wire may import none of our folders: all that speak HTTP stand on it.',
  ],
  'src/start/imports-store.ts': [
    '../store/sqlite.ts: Of our folders src/start may import only config, invites, pds and gate.',
  ],
  'src/transfer/imports-gate.ts': [
    '../gate/sign-up.ts: Of our folders src/transfer may import only invites, pds and lexicons.',
  ],
  'src/routes/imports-http.ts': [
    '../http/health.ts: Of our folders src/routes may import only gate and xrpc, whose paths it knows.',
  ],
  'src/doctor/imports-store.ts': [
    '../store/sqlite.ts: Of our folders src/doctor may import only invites, pds, gate, lexicons and wire.',
  ],
  'src/xrpc/imports-store.ts': [`../store/sqlite.ts: ${XRPC}`],
  'src/xrpc/kit/imports-pds.ts': [`../../pds/client.ts: ${XRPC}`],
  'src/web/imports-pds.ts': [
    '../pds/client.ts: Of our folders src/web may import only invites, auth, lexicons and wire.',
  ],
  'src/web/join/imports-store.ts': [
    '../../store/sqlite.ts: Of our folders src/web may import only invites, auth, lexicons and wire.',
  ],
  'src/web/words/imports-invites.ts': [`../../invites/types.ts: ${WORDS}`],
  'src/web/words/console/imports-console.ts': [`../../console/props.ts: ${WORDS}`],
  'src/web/words/de/console/imports-console.ts': [`../../../console/props.ts: ${WORDS}`],
  'src/web/browser/imports-invites.ts': [
    `node:fs: ${BROWSER}`,
    `../../lexicons/index.ts: ${BROWSER}`,
    `../../invites/types.ts: ${BROWSER}`,
  ],
  'src/web/console/codes/imports-log.ts': [
    `node:fs: ${VIEW}`,
    `../../../lexicons/index.ts: ${VIEW}`,
    `../../../invites/types.ts: ${VIEW}`,
    `../../routing.ts: ${VIEW}`,
    `../log/undo.tsx: ${VIEW}`,
  ],
  'src/gate/imports-xrpc.ts': [`../xrpc/methods.ts: ${GATE}`],
  'src/gate/proxy/imports-http.ts': [`../../http/front.ts: ${GATE}`],
  'src/http/imports-config.ts': [
    '../config.ts: src/http is handed what it serves: it may not import app, config, cli or dev.',
  ],
  'src/http/reads-environment.ts': [`process.env: ${ENVIRONMENT}`],
  'src/http/takes-environment.ts': [`process.env: ${ENVIRONMENT}`],
  'src/dev/imports-store.ts': [
    '../store/sqlite.ts: Of our folders src/dev may import only app, workbench, config and lexicons.',
  ],
  'src/cli/imports-http.ts': [
    "../http/server.ts: Of our folders src/cli may import only app, workbench, config, settings, dev, doctor, lexicons, routes, transfer, the errors of the store and the audit log's words.",
  ],
}

interface Diagnostic {
  readonly message: string
  readonly help: string
  readonly filename: string
  readonly labels: readonly { readonly span: { readonly line: number } }[]
}

interface Ban {
  readonly message: string
}
interface Override {
  readonly files: readonly string[]
  readonly rules: {
    readonly 'no-restricted-imports'?: readonly [string, { readonly patterns: readonly Ban[] }]
    readonly 'no-restricted-globals'?: readonly [string, ...(Ban & { readonly name: string })[]]
    readonly 'no-restricted-properties'?: readonly [string, ...Ban[]]
  }
}

/** What `npm run check:lint` would say of the fixtures if it did not pass over them, as "subject: reason". */
function lint(): Map<string, readonly string[]> {
  const { stdout } = spawnSync('oxlint', ['--format', 'json', FIXTURES], { encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] }
  const byFile = Map.groupBy(diagnostics, ({ filename }) => filename.slice(FIXTURES.length + 1))
  return new Map(Array.from(byFile, ([file, found]) => [file, found.toSorted(byLine).map(asSentence)]))
}

function byLine(a: Diagnostic, b: Diagnostic): number {
  return (a.labels[0]?.span.line ?? 0) - (b.labels[0]?.span.line ?? 0)
}

/** A banned global's reason is in the message, and that of an import or property in the help. */
function asSentence({ message, help }: Diagnostic): string {
  const [, subject = message, reason] = /'([^']+)'(?:\. (.+))?/.exec(message) ?? []
  return `${subject}: ${reason ?? help}`
}

/** The repository's overrides; the file is JSON but for lines of comment. */
function overrides(): readonly Override[] {
  const text = readFileSync('.oxlintrc.json', 'utf8').replaceAll(/^\s*\/\/.*$/gm, '')
  return (JSON.parse(text) as { overrides: Override[] }).overrides
}

function bansOf({ rules }: Override): readonly string[] {
  const [, { patterns = [] } = {}] = rules['no-restricted-imports'] ?? []
  const [, ...globals] = rules['no-restricted-globals'] ?? []
  const [, ...properties] = rules['no-restricted-properties'] ?? []
  return [...patterns, ...globals, ...properties].map(({ message }) => message)
}

describe('the folder rules', () => {
  const found = lint()

  it.each(Object.entries(EXPECTED))('%s is told exactly what is wrong with it', (file, sentences) => {
    expect(found.get(file)).toEqual(sentences)
  })

  it('nothing is said of a fixture that nobody expects', () => {
    expect([...found.keys()].toSorted()).toEqual(Object.keys(EXPECTED).toSorted())
  })

  it('each rule of the configuration has its fixture', () => {
    const told = Object.values(EXPECTED).flat()
    const unproved = overrides()
      .flatMap(bansOf)
      .filter((reason) => !told.some((sentence) => sentence.endsWith(`: ${reason}`)))
    expect(unproved).toEqual([])
    const globals = overrides().flatMap(({ rules }) => rules['no-restricted-globals']?.slice(1) ?? [])
    expect(globals.length).toBeGreaterThan(0)
    for (const ban of globals)
      expect(told).toContain(typeof ban === 'string' ? ban : `${ban.name}: ${ban.message}`)
  })

  it('each part of src has a rule', () => {
    const ruled = overrides().filter(({ rules }) => rules['no-restricted-imports'] !== undefined)
    const parts = readdirSync('src', { withFileTypes: true })
      .filter(({ name }) => name !== 'lexicons')
      .map((entry) => (entry.isDirectory() ? `src/${entry.name}/file.ts` : `src/${entry.name}`))
    expect(parts).toContain('src/invites/file.ts')
    const unruled = parts.filter(
      (part) => !ruled.some(({ files }) => files.some((glob) => matchesGlob(part, glob))),
    )
    expect(unruled).toEqual([])
  })
})
