import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import { portOf } from '../../src/dev/free-port.ts'
import { createMetrics, type Metrics, type MetricSources } from '../../src/http/metrics.ts'
import { startMetricsServer } from '../../src/http/metrics-server.ts'

const SOUND: MetricSources = {
  openSignUps: async () => ({ reserved: 1, forwarded: 2, settling: 3 }),
  isPaused: async () => false,
  fault: () => null,
  firehose: () => ({ connected: true, lag: 1500, resyncWaiting: false }),
}

let metrics: Metrics

beforeEach(() => {
  metrics = createMetrics()
})

const serve = () =>
  startMetricsServer({ port: 0, bind: '127.0.0.1', metrics, log: pino({ level: 'silent' }) })

async function scrape(): Promise<Map<string, number>> {
  await using server = await serve()
  return await scrapeFrom(server)
}

/** Scrapes as Prometheus does. @returns values by series, as `name{label="value"}` */
async function scrapeFrom(server: { port: number }): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

describe('what happens at the doors', () => {
  test('is counted by door and reason', async () => {
    const { observer } = metrics
    observer.refused('createAccount', 'unknown')
    observer.refused('createAccount', 'unknown')
    observer.refused('oauth', 'used up')
    observer.turnedAway('oauth', 'guessing')
    observer.turnedAway('createAccount', 'doors closed')
    observer.finished('createAccount', 'committed', 320)
    observer.finished('createAccount', 'unknown', 60_000)
    observer.settled('taken back')
    observer.swept(3)
    expect(Object.fromEntries(await scrape())).toMatchObject({
      'latchkey_sign_ups_refused_total{door="createAccount",reason="unknown"}': 2,
      'latchkey_sign_ups_refused_total{door="oauth",reason="used_up"}': 1,
      'latchkey_sign_ups_turned_away_total{door="oauth",reason="guessing"}': 1,
      'latchkey_sign_ups_turned_away_total{door="createAccount",reason="doors_closed"}': 1,
      'latchkey_sign_up_duration_seconds_bucket{le="0.25",door="createAccount",outcome="committed"}': 0,
      'latchkey_sign_up_duration_seconds_bucket{le="0.5",door="createAccount",outcome="committed"}': 1,
      'latchkey_sign_up_duration_seconds_sum{door="createAccount",outcome="unknown"}': 60,
      'latchkey_sign_ups_settled_total{outcome="taken_back"}': 1,
      latchkey_upstream_codes_swept_total: 3,
    })
  })

  test('is at zero before it happens, so that the first time is seen', async () => {
    const values = await scrape()
    const counted = [...values].filter(([series]) => /^latchkey_.*_(total|count)\b/.test(series))
    expect(counted.length).toBe(2 * 6 + 2 * 7 + 2 * 3 + 4 + 1 + 1)
    expect(counted.filter(([, value]) => value !== 0)).toEqual([])
  })
})

describe('how things stand', () => {
  test('is read when it is asked for', async () => {
    await using server = await serve()
    let sources = SOUND
    metrics.readFrom({
      openSignUps: () => sources.openSignUps(),
      isPaused: () => sources.isPaused(),
      fault: () => sources.fault(),
      firehose: () => sources.firehose(),
    })
    expect(Object.fromEntries(await scrapeFrom(server))).toMatchObject({
      'latchkey_sign_ups_open{state="reserved"}': 1,
      'latchkey_sign_ups_open{state="forwarded"}': 2,
      'latchkey_sign_ups_open{state="settling"}': 3,
      latchkey_sign_ups_paused: 0,
      'latchkey_pds_fault{kind="invites_not_required"}': 0,
      latchkey_firehose_connected: 1,
      latchkey_firehose_lag_seconds: 1.5,
      latchkey_firehose_resync_waiting: 0,
    })

    sources = {
      openSignUps: async () => ({ reserved: 0, forwarded: 0, settling: 0 }),
      isPaused: async () => true,
      fault: () => ({ kind: 'invites not required', sentence: 'It lets anybody in.' }),
      firehose: () => ({ connected: false, lag: 0, resyncWaiting: true }),
    }
    expect(Object.fromEntries(await scrapeFrom(server))).toMatchObject({
      'latchkey_sign_ups_open{state="settling"}': 0,
      latchkey_sign_ups_paused: 1,
      'latchkey_pds_fault{kind="invites_not_required"}': 1,
      'latchkey_pds_fault{kind="unreachable"}': 0,
      latchkey_firehose_connected: 0,
      latchkey_firehose_lag_seconds: 0,
      latchkey_firehose_resync_waiting: 1,
    })
  })

  test('is left out as long as it can’t be read, and the rest is there', async () => {
    await using server = await serve()
    let isAway = false
    const unlessAway = async <T>(value: T): Promise<T> => {
      if (isAway) throw new Error('the database is away')
      return value
    }
    metrics.readFrom({
      ...SOUND,
      openSignUps: () => unlessAway({ reserved: 1, forwarded: 2, settling: 3 }),
      isPaused: () => unlessAway(false),
      firehose: () => ({ connected: !isAway, lag: isAway ? undefined : 0, resyncWaiting: false }),
    })
    const unreadable = ['latchkey_sign_ups_open', 'latchkey_sign_ups_paused', 'latchkey_firehose_lag_seconds']
    const names = async () => new Set([...(await scrapeFrom(server)).keys()].map(nameOf))
    const missing = async () => {
      const there = await names()
      expect(there).toContain('process_resident_memory_bytes')
      return unreadable.filter((name) => !there.has(name))
    }
    expect(await missing()).toEqual([])
    isAway = true
    expect(await missing()).toEqual(unreadable)
    isAway = false
    expect(await missing()).toEqual([])
  })
})

describe('the server', () => {
  test('serves nothing but GET /metrics', async () => {
    await using server = await serve()
    const url = `http://127.0.0.1:${server.port}`
    const ask = async (path: string, method = 'GET') => (await fetch(`${url}${path}`, { method })).status
    expect(await ask('/')).toBe(404)
    expect(await ask('/metrics/')).toBe(404)
    expect(await ask('/xrpc/_health')).toBe(404)
    expect(await ask('/metrics', 'POST')).toBe(405)
    expect(await ask('/metrics', 'HEAD')).toBe(200)
    expect(await ask('/metrics?x=1')).toBe(200)
  })

  test('a port that is taken is told', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve)
    })
    const taken = { port: portOf(other), bind: '127.0.0.1', metrics, log: pino({ level: 'silent' }) }
    await expect(startMetricsServer(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await other[Symbol.asyncDispose]()
  })
})

test('the reference lists every metric and every label value, as they are served', async () => {
  metrics.readFrom(SOUND)
  const series = [...(await scrape()).keys()].filter((name) => name.startsWith('latchkey_'))
  const page = readFileSync('docs/reference/metrics.md', 'utf8')
  for (const { name, help, type } of await metrics.registry.getMetricsAsJSON()) {
    if (name.startsWith('latchkey_')) expect(page).toContain(`| \`${name}\` | ${String(type)} |`)
    if (name.startsWith('latchkey_')) expect(page).toContain(`| ${help} |`)
  }
  const rows = [...page.matchAll(/^\| `(latchkey_\w+)` \|/gm)].map(([, name]) => name)
  expect(new Set(series.map(nameOf))).toEqual(new Set(rows))
  for (const [, label, value] of series.flatMap((line) => [...line.matchAll(/(\w+)="([^"]*)"/g)])) {
    if (label === 'le') continue
    expect(page).toContain(`\`${label}\``)
    expect(page).toContain(`\`${value}\``)
  }
})

function nameOf(series: string): string {
  return series.replace(/\{.*/, '').replace(/(_seconds)_(bucket|sum|count)$/, '$1')
}
