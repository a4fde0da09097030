import { setTimeout as sleep } from 'node:timers/promises'
import { ADMIN, type Duration } from '../../invites/types.ts'
import { com } from '../../lexicons/index.ts'
import { PdsUnreachableError } from '../../pds/answer.ts'
import type { PdsClient } from '../../pds/client.ts'
import { fitsIntoRow } from './eject-csv.ts'
import { TransferError } from '../transfer-error.ts'

export interface MintPorts {
  readonly pds: PdsClient
  /** Exempts from the PDS's rate limits. */
  readonly rateLimitBypassKey: string | undefined
  /** Ends it, but never between asking for a code and hearing its name. */
  readonly signal: AbortSignal
}

/** How long to wait when the PDS says that it was too much and not for how long. */
const USUAL_WAIT: Duration = 30_000

/**
 * Makes a code at the PDS, and waits as long as the PDS says when it was asked too often.
 *
 * @param wanted.owner a DID or `admin`
 * @returns the new code; undefined when the signal came before
 * @throws {TransferError} when the PDS does not make one, or did not say so
 */
export async function mintRenamed(
  { pds, rateLimitBypassKey, signal }: MintPorts,
  wanted: { readonly uses: number; readonly owner: string },
): Promise<string | undefined> {
  const { uses, owner } = wanted
  const path = `/xrpc/${com.atproto.server.createInviteCode.$nsid}`
  const request = {
    method: 'POST',
    path,
    headers: {
      authorization: pds.adminAuthorization,
      'content-type': 'application/json',
      ...(rateLimitBypassKey !== undefined && { 'x-ratelimit-bypass': rateLimitBypassKey }),
    },
    // A code without an owner is the administrator's.
    body: JSON.stringify({ useCount: uses, ...(owner !== ADMIN && { forAccount: owner }) }),
  } as const
  while (!signal.aborted) {
    const { status, headers, body } = await pds.relay(request).catch((error: unknown) => {
      if (!(error instanceof PdsUnreachableError)) throw error
      throw new TransferError(
        `${error.message}. It may have made a code for ${owner} that the file does not name; go on with --resume.`,
        { cause: error },
      )
    })
    const text = Buffer.from(body).toString('utf8')
    if (status === 200) return codeIn(text)
    if (status !== 429)
      throw new TransferError(`The PDS answered ${path} with ${status}: ${text}. Go on with --resume.`)
    const seconds = Number(headers.get('retry-after') ?? Number.NaN)
    const wait = seconds >= 0 ? seconds * 1000 : USUAL_WAIT
    await sleep(wait, undefined, { signal }).catch(() => undefined)
  }
  return undefined
}

function codeIn(text: string): string {
  const { code } = JSON.parse(text) as { readonly code?: unknown }
  if (typeof code === 'string' && fitsIntoRow(code)) return code
  throw new TransferError('The PDS made a code and did not tell it; go on with --resume.')
}
