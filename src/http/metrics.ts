import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Fault } from '../gate/arrangement.ts'
import type { GateObserver } from '../gate/observer.ts'
import type { RedemptionRefusal } from '../invites/predicates.ts'
import type { Duration } from '../invites/types.ts'

/** What is read whenever metrics are asked for. A source that fails leaves its metric out. */
export interface MetricSources {
  /** Unfinished sign-ups by state. */
  readonly openSignUps: () => Promise<Readonly<Record<'reserved' | 'forwarded' | 'settling', number>>>
  readonly isPaused: () => Promise<boolean>
  readonly fault: () => Fault | null
  readonly firehose: () => FirehoseHealth
}

/** How the reader of the firehose is doing. */
export interface FirehoseHealth {
  readonly connected: boolean
  /** How far it is behind the PDS, in ms; undefined before the first event. */
  readonly lag: Duration | undefined
  /** Whether a resync waits for an operator, since it would mark too many accounts as gone. */
  readonly resyncWaiting: boolean
}

/** What Latchkey counts. docs/reference/metrics.md has the table. */
export interface Metrics {
  readonly registry: Registry
  /** Counts what happens at the doors. */
  readonly observer: GateObserver
  /** From now on reads these too. */
  readonly readFrom: (sources: MetricSources) => void
}

type Told<M extends keyof GateObserver, Position extends number> = Parameters<GateObserver[M]>[Position] &
  string

/** Label values, each by what it stands for, so that a new one can't be forgotten. */
const DOORS: Record<Told<'refused', 0>, string> = { createAccount: 'createAccount', oauth: 'oauth' }
const REFUSALS: Record<RedemptionRefusal, string> = {
  unknown: 'unknown',
  disabled: 'disabled',
  expired: 'expired',
  'used up': 'used_up',
  restricted: 'restricted',
  'owner gone': 'owner_gone',
}
const TURNS_AWAY: Record<Told<'turnedAway', 1>, string> = {
  paused: 'paused',
  guessing: 'guessing',
  'too many': 'too_many',
  'in progress': 'in_progress',
  'codes moving': 'codes_moving',
  'doors closed': 'doors_closed',
  'store unavailable': 'store_unavailable',
}
const OUTCOMES: Record<Told<'finished', 1>, string> = {
  committed: 'committed',
  released: 'released',
  unknown: 'unknown',
}
const SETTLED: Record<Told<'settled', 0>, string> = {
  committed: 'committed',
  released: 'released',
  postponed: 'postponed',
  'taken back': 'taken_back',
}
const FAULTS: Record<Fault['kind'], string> = {
  unreachable: 'unreachable',
  'not a PDS': 'not_a_pds',
  password: 'password',
  entryway: 'entryway',
  'invites not required': 'invites_not_required',
  'another PDS': 'another_pds',
}

/** In seconds. The PDS takes a third of one for an account, and is given up after sixty. */
const SIGN_UP_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 90]

/** Makes all metrics of Latchkey, at zero, in a registry of their own. No label tells who somebody is. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    observer: createObserver(registers),
    readFrom: (sources) => registerGauges(registers, sources),
  }
}

function createObserver(registers: Registry[]): GateObserver {
  const refused = new Counter({
    name: 'latchkey_sign_ups_refused_total',
    help: 'Sign-ups with an invite code that was not good.',
    labelNames: ['door', 'reason'],
    registers,
  })
  const turnedAway = new Counter({
    name: 'latchkey_sign_ups_turned_away_total',
    help: 'Sign-ups turned away before their invite code was looked at.',
    labelNames: ['door', 'reason'],
    registers,
  })
  const duration = new Histogram({
    name: 'latchkey_sign_up_duration_seconds',
    help: 'Sign-ups with a good invite code, from its reservation to the answer.',
    labelNames: ['door', 'outcome'],
    buckets: SIGN_UP_BUCKETS,
    registers,
  })
  const settled = new Counter({
    name: 'latchkey_sign_ups_settled_total',
    help: 'Attempts to find out how a sign-up went whose answer was lost.',
    labelNames: ['outcome'],
    registers,
  })
  const swept = new Counter({
    name: 'latchkey_upstream_codes_swept_total',
    help: 'Codes disabled at the PDS because no sign-up goes through them.',
    registers,
  })
  const adopted = new Counter({
    name: 'latchkey_upstream_codes_adopted_total',
    help: 'Codes that were made at the PDS itself, past Latchkey, and taken over from it.',
    registers,
  })
  // A series that begins at its first event hides that event from rate().
  for (const door of Object.values(DOORS)) {
    for (const reason of Object.values(REFUSALS)) refused.inc({ door, reason }, 0)
    for (const reason of Object.values(TURNS_AWAY)) turnedAway.inc({ door, reason }, 0)
    for (const outcome of Object.values(OUTCOMES)) duration.zero({ door, outcome })
  }
  for (const outcome of Object.values(SETTLED)) settled.inc({ outcome }, 0)

  return {
    refused: (door, reason) => refused.inc({ door: DOORS[door], reason: REFUSALS[reason] }),
    turnedAway: (door, why) => turnedAway.inc({ door: DOORS[door], reason: TURNS_AWAY[why] }),
    finished: (door, outcome, ms) =>
      duration.observe({ door: DOORS[door], outcome: OUTCOMES[outcome] }, ms / 1000),
    settled: (outcome) => settled.inc({ outcome: SETTLED[outcome] }),
    swept: (codes) => swept.inc(codes),
    adopted: (codes) => adopted.inc(codes),
  }
}

function registerGauges(registers: Registry[], sources: MetricSources): void {
  register(registers, {
    name: 'latchkey_sign_ups_open',
    help: 'Sign-ups that are not finished.',
    label: 'state',
    read: async () => {
      const { reserved, forwarded, settling } = await sources.openSignUps()
      return { reserved, forwarded, settling }
    },
  })
  register(registers, {
    name: 'latchkey_sign_ups_paused',
    help: '1 while an operator has paused sign-ups.',
    read: async () => Number(await sources.isPaused()),
  })
  register(registers, {
    name: 'latchkey_pds_fault',
    help: '1 for what is wrong with the PDS, so that the doors are closed; all 0 while they are open.',
    label: 'kind',
    read: () => {
      const fault = sources.fault()
      const kinds = Object.entries(FAULTS).map(([kind, label]) => [label, Number(fault?.kind === kind)])
      return Object.fromEntries(kinds) as Record<string, number>
    },
  })
  register(registers, {
    name: 'latchkey_firehose_connected',
    help: '1 while the firehose of the PDS is read.',
    read: () => Number(sources.firehose().connected),
  })
  register(registers, {
    name: 'latchkey_firehose_lag_seconds',
    help: 'How far the reading of the firehose is behind the PDS.',
    read: () => {
      const { lag } = sources.firehose()
      return lag && lag / 1000
    },
  })
  register(registers, {
    name: 'latchkey_firehose_resync_waiting',
    help: '1 while a resync of accounts waits for an operator to accept it.',
    read: () => Number(sources.firehose().resyncWaiting),
  })
}

type Reading = number | Record<string, number> | undefined

function register(
  registers: Registry[],
  gauge: { name: string; help: string; label?: string; read: () => Reading | Promise<Reading> },
): void {
  const { name, help, label, read } = gauge
  const metric = new Gauge({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers,
    collect: async () => {
      const reading = await attempt(read)
      // An old value would look like a new one, and so would the zero of a gauge without labels.
      metric.reset()
      if (label === undefined) metric.remove()
      if (typeof reading === 'number') metric.set(reading)
      else if (label !== undefined)
        for (const [value, count] of Object.entries(reading ?? {})) metric.set({ [label]: value }, count)
    },
  })
}

/** A database that does not answer must not hide all other metrics. */
async function attempt(read: () => Reading | Promise<Reading>): Promise<Reading> {
  try {
    return await read()
  } catch {
    return undefined
  }
}
