import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { openApp } from '../../src/app.ts'
import { openStore, patientOf } from '../../src/workbench.ts'
import { type Config, type FlagValues, readConfig } from '../../src/config.ts'
import { freePort } from '../../src/dev/free-port.ts'
import type { CheckName } from '../../src/doctor/checks.ts'
import { diagnose } from '../../src/doctor/diagnose.ts'
import { type Machine, type Patient, THIS_MACHINE } from '../../src/doctor/patient.ts'
import type { InviteStore } from '../../src/invites/store.ts'
import { caddySnippet } from '../../src/routes/caddy.ts'
import { startCaddy } from '../support/caddy.ts'
import type { World } from '../support/pds.ts'

/** A live installation: a PDS, Latchkey beside it, and a real Caddy in front of both. */
export interface Installation extends AsyncDisposable {
  readonly config: Config
  /** Its settings as variables. */
  readonly environment: Readonly<Record<string, string>>
  readonly store: InviteStore
  readonly startLatchkey: (config?: Config) => Promise<void>
  readonly stopLatchkey: () => Promise<void>
}

export interface Plan {
  readonly world: World
  /** Where Latchkey and Caddy reach the PDS, when not directly. */
  readonly pdsUrl?: string
  /** Where Latchkey alone reaches it. */
  readonly innerUrl?: string
  readonly flags?: FlagValues
  /** What the PDS's own settings say. */
  readonly pdsEnv?: string
  /** What stands in the Caddyfile before the printed routes; `PDS` goes on to the PDS. */
  readonly before?: string
  /** What stands there instead of them. */
  readonly routes?: string
}

/** Installs everything as the guides say, but for what the plan breaks. */
export async function install(plan: Plan): Promise<Installation> {
  const { world, before = '' } = plan
  await using stack = new AsyncDisposableStack()
  const publicPort = await freePort()
  const id = randomUUID()
  const pdsEnv = join(world.dataDir, `${id}.env`)
  await writeFile(pdsEnv, plan.pdsEnv ?? 'PDS_INVITE_REQUIRED=true\n')
  const environment = {
    LATCHKEY_DATABASE: `sqlite:${join(world.dataDir, `${id}.sqlite`)}`,
    LATCHKEY_PORT: String(await freePort()),
    LATCHKEY_PUBLIC_URL: `http://localhost:${publicPort}`,
    LATCHKEY_PDS_URL: plan.innerUrl ?? plan.pdsUrl ?? world.pds.url,
    LATCHKEY_PDS_ADMIN_PASSWORD: world.secrets.adminPassword,
    LATCHKEY_PDS_ENV: pdsEnv,
  }
  const config = readConfig(plan.flags ?? {}, environment)
  const pds = `127.0.0.1:${new URL(plan.pdsUrl ?? world.pds.url).port}`
  const snippet = caddySnippet({ hostname: 'localhost', latchkey: `127.0.0.1:${config.port}`, pds, logs: '' })
  const site = `${before.replaceAll('PDS', `reverse_proxy ${pds}`)}\n${plan.routes ?? snippet.site}`
  stack.use(
    await startCaddy({
      port: publicPort,
      hostname: 'localhost',
      pds,
      snippet: { ...snippet, site },
      logs: world.dataDir,
    }),
  )
  const log = pino({ level: 'silent' })
  let app = await openApp(config, log)
  stack.defer(() => app[Symbol.asyncDispose]())
  const store = stack.use(await openStore(config))
  const running = stack.move()
  return {
    config,
    environment,
    store,
    startLatchkey: async (changed = config) => {
      app = await openApp(changed, log)
    },
    stopLatchkey: async () => app[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** `::` is this machine, where nothing of a test's listens: everything listens on 127.0.0.1 only. */
const HEALTHY: Machine = { ...THIS_MACHINE, addressesOf: async () => ['::'] }

/** The patient of an installation, with settings and a machine that may be others. */
export function patientIn(
  { config }: Pick<Installation, 'config'>,
  changed: Partial<Config> = {},
  machine: Partial<Machine> = {},
): Patient {
  return { ...patientOf({ ...config, ...changed }), machine: { ...HEALTHY, ...machine } }
}

/** What the doctor says, in words, of every check that did not pass. */
export async function complaints(
  patient: Patient,
  kind: 'failed' | 'warned' | 'skipped' = 'failed',
): Promise<Partial<Record<CheckName, string>>> {
  const diagnoses = await diagnose(patient)
  return Object.fromEntries(
    diagnoses.flatMap(({ check, outcome }): [CheckName, string][] => {
      if (outcome.kind !== kind) return []
      return [[check, outcome.kind === 'skipped' ? outcome.reason : `${outcome.tried} → ${outcome.saw}`]]
    }),
  )
}
