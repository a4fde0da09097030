import { ask } from './ask.ts'
import { all, failed, type Outcome, type Outcomes, PASSED, reasonOf, skipped } from './checks.ts'
import type { Memory } from './database.ts'
import type { Patient } from './patient.ts'
import { type Answered, askAll, describe, type OwnWords, ownRoutes, ownWords, type Route } from './routes.ts'
import { type Spelling, spellings } from './spellings.ts'

const SPELLINGS = ['letterCase', 'slashes', 'escapes', 'forms'] as const satisfies readonly Spelling[]
const ROUTING = ['doors', 'methods', 'subdomains', ...SPELLINGS] as const

type Checked = Outcomes<'public' | 'certificate' | (typeof ROUTING)[number]>

/** For all spellings together, in milliseconds. */
const SPELLING_PATIENCE = 60_000

/** So many examples are shown of what leads past Latchkey. */
const EXAMPLES = 3

/** What the other checks have shown. */
export interface Findings {
  readonly memory: Memory | undefined
  readonly isPdsUp: boolean
  readonly isLatchkeyUp: boolean
}

/** Comes to the public URL as clients do, and in spellings that no client uses. */
export async function examineOutside(patient: Patient, findings: Findings): Promise<Checked> {
  const { publicUrl } = patient.config
  const reached = await reach(publicUrl)
  if (reached.public.kind !== 'passed')
    return { ...reached, ...all(ROUTING, skipped('the public URL does not answer')) }
  const routes = ownRoutes(patient.nsids)
  // Without the PDS itself nobody can tell its answers from those of others.
  const pdsSays: OwnWords = findings.isPdsUp
    ? await ownWords(patient.pds, routes).catch(() => new Map())
    : new Map()
  const plain = await askPlainly(publicUrl, routes, publicUrl.hostname, pdsSays)
  const routed = plain.filter(({ by }) => by === 'latchkey').map(({ route }) => route)
  const plainly = {
    doors: examinePlain(plain, 'doors', findings),
    methods: examinePlain(plain, 'methods', findings),
  }
  if (pdsSays.size === 0)
    return {
      ...reached,
      ...plainly,
      ...byPasses(skipped('the PDS does not answer, whose answer would show it')),
    }
  if (routed.length === 0)
    return { ...reached, ...plainly, ...byPasses(skipped('not even the plain routes lead to Latchkey')) }
  const subdomain = findings.memory?.handle ?? `xrpc-check.${publicUrl.hostname}`
  const below = await askPlainly(publicUrl, routed, subdomain, pdsSays)
  const entries = [
    { hostname: publicUrl.hostname, routes: routed },
    { hostname: subdomain, routes: below.filter(({ by }) => by === 'latchkey').map(({ route }) => route) },
  ]
  return {
    ...reached,
    ...plainly,
    subdomains: below.every(({ by }) => by === 'nobody')
      ? skipped(`nobody answers at ${subdomain}: ${below[0]?.saw}`)
      : examineByPasses(below),
    ...(await examineSpellings(publicUrl, entries, pdsSays)),
  }
}

function byPasses(outcome: Outcome): Outcomes<'subdomains' | Spelling> {
  return all(['subdomains', ...SPELLINGS], outcome)
}

async function reach(publicUrl: URL): Promise<Outcomes<'public' | 'certificate'>> {
  const { origin, hostname, protocol } = publicUrl
  const question = { server: publicUrl, method: 'GET', target: '/xrpc/_health', hostname } as const
  const tried = `${origin}/xrpc/_health`
  const isTls = protocol === 'https:'
  const uncertified = skipped('the public URL is one without TLS')
  try {
    await ask(question)
  } catch (error) {
    const saw = reasonOf(error)
    return isTls && isRefusedHandshake(error)
      ? { public: skipped('there is no certificate'), certificate: failed(tried, `no certificate: ${saw}`) }
      : { public: failed(tried, saw), certificate: isTls ? skipped('nobody answers') : uncertified }
  }
  if (!isTls) return { public: PASSED, certificate: uncertified }
  const certificate = await ask({ ...question, verify: true }).then(
    () => PASSED,
    (error: unknown) => failed(tried, reasonOf(error)),
  )
  return { public: PASSED, certificate }
}

/** A server that has no certificate for a name says so by an alert. */
function isRefusedHandshake(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ERR_SSL|EPROTO)/.test(String(error.code))
}

function askPlainly(server: URL, routes: readonly Route[], hostname: string, pdsSays: OwnWords) {
  const attempts = routes.map((route) => ({ route, target: route.path, hostname }))
  return askAll(server, attempts, pdsSays)
}

function examinePlain(
  answers: readonly Answered[],
  check: Route['check'],
  { isLatchkeyUp }: Findings,
): Outcome {
  const asked = answers.filter(({ route }) => route.check === check)
  const astray = asked.filter(({ by }) => by !== 'latchkey')
  if (astray.length === 0) return PASSED
  // A proxy that does not find Latchkey tells nothing of where it would send a request.
  const wrong = isLatchkeyUp ? astray : astray.filter(({ by }) => by === 'pds')
  return wrong.length === 0 ? skipped('Latchkey does not run') : told(wrong, asked)
}

/** Only what the PDS answers leads past Latchkey: who else answers lets nobody in. */
function examineByPasses(answers: readonly Answered[]): Outcome {
  const passes = answers.filter(({ by }) => by === 'pds')
  if (passes.length > 0) return told(passes, answers)
  const unclear = answers.find(({ isUnclear }) => isUnclear)
  return unclear === undefined ? PASSED : skipped(`${describe(unclear)} had no clear answer: ${unclear.saw}`)
}

function told(wrong: readonly Answered[], tried: readonly Answered[]): Outcome {
  const examples = wrong.slice(0, EXAMPLES).map((answered) => {
    const who = answered.by === 'pds' ? 'the PDS answers' : 'no mark'
    return `${describe(answered)}: ${who}, ${answered.saw}`
  })
  const more = wrong.length - examples.length
  const saw = more > 0 ? [...examples, `and ${more} more`] : examples
  return failed(`${tried.length} requests, for Latchkey's mark on the answers`, saw.join('; '))
}

/** Tries only what is routed when it is spelled plainly: the rest is told already. */
async function examineSpellings(
  publicUrl: URL,
  entries: readonly { readonly hostname: string; readonly routes: readonly Route[] }[],
  pdsSays: OwnWords,
): Promise<Outcomes<Spelling>> {
  const signal = AbortSignal.timeout(SPELLING_PATIENCE)
  const outcomes: Partial<Record<Spelling, Outcome>> = {}
  for (const spelling of SPELLINGS) {
    const attempts = entries.flatMap(({ hostname, routes }) => {
      const server = new URL(publicUrl)
      server.hostname = hostname
      return routes.flatMap((route) =>
        spellings(route.path, server.origin)[spelling].map((target) => ({ route, target, hostname })),
      )
    })
    outcomes[spelling] = examineByPasses(await askAll(publicUrl, attempts, pdsSays, signal))
  }
  return outcomes as Outcomes<Spelling>
}
