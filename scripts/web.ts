/**
 * Builds the pages of `src/web/` into `dist/web/`: what browsers load, under names that tell their contents, and one
 * module for the server that draws the pages. Fails when a page's script is heavier than it may be. Scripts and styles lie there
 * gzipped as well, as they are sent to whoever takes that.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type InlineConfig, type Manifest } from 'vite'

const OUT = 'dist/web'

/** What browsers load first, by the name that pages call it; a script with the most bytes it may have, gzipped. */
const SCRIPTS = [
  { name: 'join', file: 'src/web/browser/join.ts', most: 15_000 },
  { name: 'invites', file: 'src/web/browser/invites.tsx', most: 40_000 },
  { name: 'console', file: 'src/web/browser/console.tsx', most: 90_000 },
] as const
const STYLES = 'src/web/styles/pages.css'
const FONT = 'node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'

const COMMON: InlineConfig = {
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  base: '/_latchkey/',
}

async function buildForBrowsers(): Promise<Manifest> {
  const input = [...SCRIPTS.map(({ file }) => file), STYLES]
  await build({
    ...COMMON,
    build: {
      outDir: OUT,
      emptyOutDir: false,
      manifest: 'manifest.json',
      // The pages' policy allows no data: in styles and fonts.
      assetsInlineLimit: 0,
      target: 'es2022',
      // The browsers that know light-dark().
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      modulePreload: { polyfill: false },
      rolldownOptions: { input },
    },
  })
  return JSON.parse(readFileSync(join(OUT, 'manifest.json'), 'utf8')) as Manifest
}

function buildForServer(manifest: Manifest): Promise<unknown> {
  const address = (source: string) => `/_latchkey/${chunkOf(manifest, source).file}`
  const assets = {
    styles: address(STYLES),
    font: address(FONT),
    scripts: Object.fromEntries(SCRIPTS.map(({ name, file }) => [name, address(file)])),
  }
  return build({
    ...COMMON,
    define: { ASSETS: JSON.stringify(assets) },
    ssr: { noExternal: true },
    build: {
      outDir: OUT,
      emptyOutDir: false,
      ssr: 'src/web/server.tsx',
      minify: false,
      target: 'node24',
      rolldownOptions: { output: { entryFileNames: 'server.js' } },
    },
  })
}

function chunkOf(manifest: Manifest, source: string) {
  const chunk = manifest[source]
  if (chunk === undefined) throw new Error(`the build has no ${source}`)
  return chunk
}

/** All files that a script brings along, itself included. */
function filesOf(manifest: Manifest, source: string, into = new Set<string>()): Set<string> {
  const { file, imports = [] } = chunkOf(manifest, source)
  if (into.has(file)) return into
  into.add(file)
  for (const imported of imports) filesOf(manifest, imported, into)
  return into
}

function weigh(manifest: Manifest): void {
  for (const { name, file, most } of SCRIPTS) {
    const weights = Array.from(
      filesOf(manifest, file),
      (path) => gzipSync(readFileSync(join(OUT, path))).length,
    )
    const weight = weights.reduce((sum, one) => sum + one, 0)
    if (weight > most)
      throw new Error(`the script of ${name} has ${weight} bytes gzipped, ${most} are allowed`)
    console.log(`${name}: ${weight} bytes of script, gzipped`)
  }
}

/** The pages themselves are never compressed: what is secret in them could be told by their length. */
async function compress(): Promise<void> {
  for (const name of await readdir(join(OUT, 'assets'))) {
    const path = join(OUT, 'assets', name)
    if (/\.(js|css)$/.test(name)) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
  }
}

/** What earlier builds left. */
async function sweep(manifest: Manifest): Promise<void> {
  const current = new Set(Object.values(manifest).flatMap(({ file, assets = [] }) => [file, ...assets]))
  for (const name of await readdir(join(OUT, 'assets'))) {
    if (!current.has(`assets/${name}`)) rmSync(join(OUT, 'assets', name))
  }
}

const manifest = await buildForBrowsers()
weigh(manifest)
await buildForServer(manifest)
await sweep(manifest)
await compress()
