import type { ReconcileStore, SignUpVerdict, UpstreamSignUp } from '../invites/reconciling.ts'
import type { InviteUse } from '../invites/types.ts'
import type { com } from '../lexicons/index.ts'
import type { PdsClient } from '../pds/client.ts'
import { readUpstreamOwner } from '../pds/upstream-owner.ts'
import type { Progress } from './progress.ts'

export interface SurveyPorts {
  readonly store: Pick<ReconcileStore, 'judgeSignUps' | 'takenOver'>
  readonly pds: Pick<PdsClient, 'listCodes'>
  readonly hostname: string
  readonly progress: Progress
  /** Ends it between pages, with an error. */
  readonly signal?: AbortSignal | undefined
}

/** A sign-up at the PDS of which Latchkey knows nothing, or that it came to nothing. */
export interface DoubtfulSignUp extends UpstreamSignUp {
  readonly use: InviteUse
  readonly verdict: SignUpVerdict
}

/** What the PDS's list of codes says that Latchkey's database does not. */
export interface Survey {
  /** All uses that the PDS knows of; see {@link useKey}. */
  readonly uses: ReadonlySet<string>
  readonly doubtful: readonly DoubtfulSignUp[]
  /** How many sign-ups are used at the PDS and not finished here: the settler counts them. */
  readonly unfinished: number
  /** Codes that the PDS would redeem and that only Latchkey may, or nobody. */
  readonly open: readonly string[]
  /** Uses of codes that are Latchkey's by now, which the PDS counted and Latchkey did not. */
  readonly uncounted: readonly { readonly code: string; readonly uses: readonly InviteUse[] }[]
}

type ListedCode = com.atproto.server.defs.InviteCode

/** What a part of the PDS's list adds to a survey. */
type Finds = Pick<Survey, 'open' | 'uncounted'> & { readonly judged: readonly JudgedSignUp[] }

type JudgedSignUp = UpstreamSignUp & { readonly verdict: SignUpVerdict }

/** Names a use in {@link Survey.uses}. @param code as the PDS calls it */
export function useKey(code: string, did: string): string {
  return `${code} ${did}`
}

/**
 * Reads the PDS's whole list of codes and compares it with the database. Writes nothing.
 *
 * @throws {PdsUnreachableError} or {PdsRefusedError} when a page can't be had
 */
export async function survey(ports: SurveyPorts): Promise<Survey> {
  const { pds, progress, signal } = ports
  using step = progress.begin('Comparing the codes of the PDS')
  const uses = new Set<string>()
  const finds: Finds[] = []
  let cursor: string | undefined
  do {
    signal?.throwIfAborted()
    const page = await pds.listCodes(cursor, signal)
    for (const { code, uses: some } of page.codes)
      for (const { usedBy } of some) uses.add(useKey(code, usedBy))
    finds.push(await lookAt(ports, page.codes))
    step.advance(page.codes.length)
    cursor = page.cursor
  } while (cursor !== undefined)
  const used = finds.flatMap(({ judged }) => judged.filter(isUsed))
  return {
    uses,
    doubtful: used.filter(({ verdict }) => verdict !== 'unfinished'),
    unfinished: used.filter(({ verdict }) => verdict === 'unfinished').length,
    open: finds.flatMap(({ open }) => open),
    uncounted: finds.flatMap(({ uncounted }) => uncounted),
  }
}

/** Keeps only what is not as it should be. */
async function lookAt({ store, hostname }: SurveyPorts, codes: readonly ListedCode[]): Promise<Finds> {
  const signUps: UpstreamSignUp[] = []
  const others: ListedCode[] = []
  for (const listed of codes) {
    const signUp = asSignUp(hostname, listed)
    if (signUp === undefined) others.push(listed)
    else signUps.push(signUp)
  }
  const verdicts = await store.judgeSignUps(signUps)
  const judged = signUps.map((signUp, index): JudgedSignUp => ({
    ...signUp,
    verdict: verdicts[index] ?? 'settled',
  }))
  const finished = judged.filter(({ use, verdict }) => use === null && verdict !== 'unfinished')
  const takenOver = await store.takenOver(
    hostname,
    others.map(({ code }) => code),
  )
  const nobodys = new Set([...finished.map(({ upstreamCode }) => upstreamCode), ...takenOver.keys()])
  return {
    judged: judged.filter(({ use, verdict }) => use !== null && verdict !== 'settled'),
    open: codes.filter((listed) => isOpen(listed) && nobodys.has(listed.code)).map(({ code }) => code),
    uncounted: others.flatMap(({ code, uses }) => {
      const known = takenOver.get(code)
      const missing = known === undefined ? [] : uses.filter(({ usedBy }) => !known.has(usedBy))
      return missing.length === 0 ? [] : [{ code, uses: missing.map(asUse) }]
    }),
  }
}

function asSignUp(hostname: string, listed: ListedCode): UpstreamSignUp | undefined {
  const owner = readUpstreamOwner(hostname, listed.forAccount)
  if (owner === undefined) return undefined
  const [use] = listed.uses
  const mintedAt = Date.parse(listed.createdAt)
  return { ...owner, upstreamCode: listed.code, mintedAt, use: use === undefined ? null : asUse(use) }
}

function asUse({ usedBy, usedAt }: ListedCode['uses'][number]): InviteUse {
  return { usedBy, usedAt: Date.parse(usedAt) }
}

function isOpen({ disabled, available, uses }: ListedCode): boolean {
  return !disabled && uses.length < available
}

function isUsed(signUp: JudgedSignUp): signUp is DoubtfulSignUp {
  return signUp.use !== null
}
