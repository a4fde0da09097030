import { type CborCid, decodeAll, type LexValue } from '@atproto/lex-cbor'
import type { AccountEvent } from '../invites/feed.ts'
import type { Instant } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { accountStatus } from './account-status.ts'

/** What a frame of the firehose says, as far as it matters here. */
export type Frame =
  | { readonly kind: 'account'; readonly event: AccountEvent }
  /** Tells of records, or of something newer than this reader. No number: it does not move the cursor. */
  | { readonly kind: 'other'; readonly seq: number | undefined; readonly at: Instant | undefined }
  /** Events between the cursor asked for and the next frame are lost. */
  | { readonly kind: 'outdated cursor' }
  /** The last frame of a connection. */
  | { readonly kind: 'error'; readonly name: string; readonly message: string | undefined }

/** A frame breaks the protocol. */
export class UnreadableFrameError extends Error {
  override readonly name = 'UnreadableFrameError'
}

const { account, identity, info, $nsid } = com.atproto.sync.subscribeRepos

/** The path of the firehose after a cursor, or from now on. */
export function firehosePath(cursor: number | null): string {
  return `/xrpc/${$nsid}${cursor === null ? '' : `?cursor=${cursor}`}`
}

/**
 * Reads a frame: a header and a body in CBOR, as the event stream specification of AT Protocol has them. Only the events
 * that are worked in are checked against their lexicon.
 *
 * @throws {UnreadableFrameError}
 */
export function readFrame(bytes: Uint8Array): Frame {
  const [header, body] = decode(bytes)
  if (header['op'] === -1)
    return { kind: 'error', name: text(body['error']) ?? '', message: text(body['message']) }
  if (header['op'] !== 1) throw new UnreadableFrameError('a frame is neither a message nor an error')
  switch (text(header['t']) ?? '') {
    case '#account': {
      const { seq, did, time, active, status } = parse(account, body)
      return {
        kind: 'account',
        event: { seq, did, at: Date.parse(time), status: accountStatus(active, status) },
      }
    }
    case '#identity': {
      const { seq, did, time, handle } = parse(identity, body)
      return {
        kind: 'account',
        event: { seq, did, at: Date.parse(time), ...(handle !== undefined && { handle }) },
      }
    }
    case '#info':
      return parse(info, body).name === 'OutdatedCursor'
        ? { kind: 'outdated cursor' }
        : { kind: 'other', seq: undefined, at: undefined }
    default: {
      const { seq, time } = body
      return {
        kind: 'other',
        seq: Number.isSafeInteger(seq) ? Number(seq) : undefined,
        at: typeof time === 'string' ? Date.parse(time) || undefined : undefined,
      }
    }
  }
}

type Fields = Record<string, LexValue | undefined>

function decode(bytes: Uint8Array): [header: Fields, body: Fields] {
  try {
    const [header, body] = decodeAll(bytes)
    if (isFields(header) && isFields(body)) return [header, body]
  } catch (cause) {
    throw new UnreadableFrameError('a frame is no CBOR', { cause })
  }
  throw new UnreadableFrameError('a frame has no header or no body')
}

function isFields(value: LexValue | undefined): value is Exclude<typeof value, CborCid> & Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

function parse<T>(schema: { safeParse: (value: unknown) => Parsed<T> }, body: Fields): T {
  const result = schema.safeParse(body)
  if (result.success) return result.value
  throw new UnreadableFrameError('a frame does not fit its lexicon', { cause: result.reason })
}

type Parsed<T> =
  | { readonly success: true; readonly value: T }
  | { readonly success: false; readonly reason: unknown }

function text(value: LexValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
