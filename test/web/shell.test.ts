import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { fastify } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPages, registerPages } from '../../src/http/pages.ts'
import { PdsUnreachableError } from '../../src/pds/answer.ts'
import type { Frame, Render } from '../../src/web/pages.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/latchkey.ts'
import { pagesOf } from './browser.ts'

const BUILT = pathToFileURL('dist/web/')

const FRAME: Frame = { language: 'en', hostname: 'harbor.example', origin: 'https://harbor.example' }

describe('whatever is answered', () => {
  let fronted: FrontedWorld
  let web: string

  beforeAll(async () => {
    fronted = await startFrontedWorld()
    web = pagesOf(fronted.url)
  })

  afterAll(async () => {
    await fronted?.[Symbol.asyncDispose]()
  })

  test.each([
    // Their forms tell the pages' own origin where they come from.
    ['/invites', 200, 'same-origin'],
    ['/admin', 200, 'same-origin'],
    ['/admin/codes', 200, 'same-origin'],
    ['/join', 404, 'no-referrer'],
    ['/join/nothing', 404, 'no-referrer'],
    ['/join/%zz', 404, 'no-referrer'],
    ['/invites/nothing', 404, 'no-referrer'],
    ['/_latchkey/nothing', 404, 'no-referrer'],
  ])('%s comes with its policy, and is kept and indexed by nobody', async (path, status, referrer) => {
    const answer = await fetch(web + path)
    expect(answer.status).toBe(status)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        `connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${fronted.url}`,
      'cache-control': 'private, no-store',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': referrer,
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow',
    })
    expect(answer.headers.get('permissions-policy')).toContain('camera=()')
    const page = await answer.text()
    expect(page).toMatch(
      /^<!doctype html><html lang="en"><head><meta charset="utf-8"\/><title>[^<]+ · localhost</,
    )
    expect(page.match(/<h1>/g)).toHaveLength(1)
  })

  test.each([
    '/invites',
    '/join/nothing',
    '/admin',
    '/_latchkey/sign-out',
    '/_latchkey/live',
    '/_latchkey/assets/nothing.js',
  ])('no other site is let send what it likes to %s', async (path) => {
    const { status, headers } = await fetch(web + path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-csrf',
      },
    })
    expect(status).toBeGreaterThanOrEqual(400)
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  test('what pages load is kept for good, under a name that tells its contents', async () => {
    const page = await (await fetch(`${web}/join/nothing`)).text()
    const files = [...page.matchAll(/(?:href|src)="(\/_latchkey\/assets\/[^"]+)"/g)].map(([, file]) => file)
    expect(files).toHaveLength(2)
    for (const file of files) {
      expect(file).toMatch(/-[\w-]{8}\.(css|woff2)$/)
      const { status, headers } = await fetch(web + file)
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
    for (const path of ['../server.js', '..%2fserver.js', 'nothing.js', ''])
      expect((await fetch(`${web}/_latchkey/assets/${path}`)).status).toBe(404)
  })

  test('scripts and styles are sent gzipped to whoever takes that, and pages to nobody', async () => {
    const ask = (path: string, encoding: string) =>
      fetch(web + path, { headers: { 'accept-encoding': encoding } })
    const page = await ask('/invites', 'gzip')
    expect(page.headers.get('content-encoding')).toBeNull()
    const names = readdirSync(new URL('assets/', BUILT)).filter((name) => /\.(js|css)$/.test(name))
    expect(names.length).toBeGreaterThan(3)
    for (const name of names) {
      const path = `/_latchkey/assets/${name}`
      const [plain, zipped] = await Promise.all([ask(path, 'identity'), ask(path, 'gzip')])
      expect(plain.headers.get('content-encoding')).toBeNull()
      expect(zipped.headers.get('content-encoding')).toBe('gzip')
      for (const header of ['content-type', 'cache-control', 'x-content-type-options'])
        expect(zipped.headers.get(header)).toBe(plain.headers.get(header))
      for (const { headers } of [plain, zipped])
        expect(headers.get('vary')?.toLowerCase()).toContain('accept-encoding')
      expect(Number(zipped.headers.get('content-length'))).toBeLessThan(
        Number(plain.headers.get('content-length')),
      )
      expect(await zipped.text()).toBe(await plain.text())
    }
  })
})

test('a page whose data can’t be had says so, and nothing of why', async () => {
  await using app = fastify()
  const answer = () => Promise.reject(new PdsUnreachableError('fetch failed: ECONNRESET'))
  const built = await loadPages(BUILT)
  await registerPages(app, { routes: [{ verb: 'GET', path: '/invites', answer }], built, frame: FRAME })
  const { statusCode, headers, body } = await app.inject('/invites')
  expect([statusCode, headers['retry-after']]).toEqual([502, '5'])
  expect(body).toContain('<h1>That did not work</h1>')
  expect(body).not.toMatch(/ECONN|socket|fetch failed/)
})

describe('the build', () => {
  let render: Render

  beforeAll(async () => {
    const built = await loadPages(BUILT)
    if (built === undefined) throw new Error('run `npm run build:web` first')
    render = built.render
  })

  test('draws nothing inline, which the policy would not let in', () => {
    const pages = [
      render('sign-in', { problem: 'denied' }, FRAME),
      render('joined', { handle: 'ada.harbor.example' }, FRAME),
      render('console-sign-in', { problem: null, stranger: null }, FRAME),
      invites('plain'),
    ]
    for (const page of pages) {
      expect(page).not.toMatch(/ style=| on[a-z]+=|<style|javascript:/)
      for (const [, attributes] of page.matchAll(/<script([^>]*)>/g))
        expect(attributes).toMatch(
          /^ type="module" src="\/_latchkey\/assets\/|^ id="told" type="application\/json"$/,
        )
    }
  })

  test('lets nothing that people wrote become a part of the page', () => {
    const page = invites(`</script><script>alert(1)</script><!--`)
    expect(page).not.toContain('<script>')
    expect(page).not.toContain('</script><script>')
    expect(page).not.toContain('<!--')
    const told = /<script id="told"[^>]*>(.*?)<\/script>/.exec(page)?.[1] ?? ''
    expect(JSON.stringify(JSON.parse(told))).toContain('alert(1)')
  })

  test.each([
    ['joined', 40_000],
    ['invites', 40_000],
    ['console', 90_000],
  ] as const)('the script of %s is no heavier than %i bytes', (name, most) => {
    const page = {
      joined: () => render('joined', { handle: 'ada.harbor.example' }, FRAME),
      invites: () => invites('plain'),
      console: () =>
        render(
          'console',
          {
            view: 'overview',
            operator: { actor: 'admin', handle: null, role: 'administrator' },
            web: FRAME.origin,
            csrf: '',
          },
          FRAME,
        ),
    }[name]()
    const [, first = ''] = /<script type="module" src="\/_latchkey\/([^"]+)"/.exec(page) ?? []
    const files = loadedBy(first)
    const weight = files.reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, BUILT))).length, 0)
    expect(weight).toBeGreaterThan(500)
    expect(weight).toBeLessThanOrEqual(most)
  })

  function invites(label: string): string {
    const code = { code: 'harbor-aaaaa-bbbbb', state: 'open', available: 1, used: 0, label, uses: [] }
    const createdAt = '2026-01-01T00:00:00.000Z' as const
    return render(
      'invites',
      {
        member: { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', handle: 'ada.harbor.example' },
        invites: { codes: [{ ...code, createdAt }], why: 'cap', host: 'harbor.example' },
        contact: null,
        isOperator: false,
        web: 'https://harbor.example',
        csrf: 'x',
      },
      FRAME,
    )
  }
})

test('no part of the pages styles what another part named, since all of them share one style sheet', () => {
  const namedBy = (part: string) =>
    new Set(
      readdirSync(`src/web/${part}`, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.css'))
        .map((name) => readFileSync(`src/web/${part}/${name}`, 'utf8'))
        .flatMap((css) => Array.from(css.matchAll(/\.([a-z][\w-]*)/g), ([, name]) => name)),
    )
  const shared = namedBy('styles')
  const parts = ['join', 'invites', 'console'].map((part) =>
    [...namedBy(part)].filter((name) => !shared.has(name)),
  )
  expect(parts.map(({ length }) => length > 5)).toEqual([true, true, true])
  const twice = parts.flatMap((names, index) =>
    parts.slice(index + 1).flatMap((others) => names.filter((name) => others.includes(name))),
  )
  expect(twice).toEqual([])
})

/** A script and all that it imports, however it does. */
function loadedBy(file: string, into: string[] = []): readonly string[] {
  if (into.includes(file)) return into
  into.push(file)
  const source = readFileSync(new URL(file, BUILT), 'utf8')
  for (const [, imported = ''] of source.matchAll(/(?:from|import)\s*\(?["'`]\.\/([\w.-]+\.js)["'`]/g))
    loadedBy(`assets/${imported}`, into)
  return into
}

test('where nobody has built the pages, each of them says so', async () => {
  const folder = join(tmpdir(), 'latchkey-no-such-folder')
  expect(existsSync(folder)).toBe(false)
  const built = await loadPages(pathToFileURL(`${folder}/`))
  expect(built).toBeUndefined()
  await using app = fastify()
  const answer = async () => ({ page: 'not-found', props: {} }) as const
  await registerPages(app, { routes: [{ verb: 'GET', path: '/invites', answer }], built, frame: FRAME })
  const { statusCode, body } = await app.inject('/invites')
  expect([statusCode, body]).toEqual([
    503,
    'The pages of Latchkey are not built: run `npm run build:web` and start it again.\n',
  ])
})
