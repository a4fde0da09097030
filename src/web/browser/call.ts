import type {
  InferMethodInputBody,
  InferMethodOutputBody,
  InferMethodParams,
  Procedure,
  Query,
} from '@atproto/lex-schema'
import type { app } from '../../lexicons/index.ts'

type Admin = typeof app.latchkey.admin

/** What queries are asked with, and what they answer. */
interface Queries {
  readonly 'app.latchkey.getInvites': [app.latchkey.getInvites.$Params, app.latchkey.getInvites.$OutputBody]
  readonly 'app.latchkey.admin.getTree': [Params<Admin['getTree']>, Out<Admin['getTree']>]
  readonly 'app.latchkey.admin.getStatus': [undefined, Out<Admin['getStatus']>]
  readonly 'app.latchkey.admin.getPolicy': [undefined, Out<Admin['getPolicy']>]
  readonly 'app.latchkey.admin.listEvents': [Params<Admin['listEvents']>, Out<Admin['listEvents']>]
  readonly 'app.latchkey.admin.listBatches': [Params<Admin['listBatches']>, Out<Admin['listBatches']>]
}

/** What procedures are told, and what they answer. */
interface Procedures {
  readonly 'app.latchkey.labelCode': [In<typeof app.latchkey.labelCode>, undefined]
  readonly 'app.latchkey.switchOffCode': [
    In<typeof app.latchkey.switchOffCode>,
    Out<typeof app.latchkey.switchOffCode>,
  ]
  readonly 'app.latchkey.admin.listCodes': [In<Admin['listCodes']>, Out<Admin['listCodes']>]
  readonly 'app.latchkey.admin.createCodes': [In<Admin['createCodes']>, Out<Admin['createCodes']>]
  readonly 'app.latchkey.admin.giveCodes': [In<Admin['giveCodes']>, Out<Admin['giveCodes']>]
  readonly 'app.latchkey.admin.replaceCode': [In<Admin['replaceCode']>, Out<Admin['replaceCode']>]
  readonly 'app.latchkey.admin.setCodesDisabled': [
    In<Admin['setCodesDisabled']>,
    Out<Admin['setCodesDisabled']>,
  ]
  readonly 'app.latchkey.admin.setInvitesDisabled': [
    In<Admin['setInvitesDisabled']>,
    Out<Admin['setInvitesDisabled']>,
  ]
  readonly 'app.latchkey.admin.listAccounts': [In<Admin['listAccounts']>, Out<Admin['listAccounts']>]
  readonly 'app.latchkey.admin.setPause': [In<Admin['setPause']>, undefined]
  readonly 'app.latchkey.admin.setPolicy': [In<Admin['setPolicy']>, Out<Admin['setPolicy']>]
  readonly 'app.latchkey.admin.undoBatch': [In<Admin['undoBatch']>, Out<Admin['undoBatch']>]
}

type Params<M> = M extends { main: infer D } ? InferMethodParams<Extract<D, Query>> : never
type In<M> = M extends { main: infer D } ? InferMethodInputBody<Extract<D, Procedure>> : never
type Out<M> = M extends { main: infer D } ? InferMethodOutputBody<Extract<D, Query | Procedure>> : never

/** A method refused, or nobody answered. */
export class CallError extends Error {
  override readonly name = 'CallError'
  /** 0 where nobody answered. */
  readonly status: number
  /** The error's name in the lexicon; empty where there is none. */
  readonly error: string

  constructor(status: number, error: string, message: string) {
    super(message)
    this.status = status
    this.error = error
  }
}

/** Sent with every call that changes something: the server's `CSRF_HEADER`. */
const CSRF_HEADER = 'x-latchkey-csrf'

/** Calls a query as whoever is signed in. @throws {CallError} */
export async function ask<N extends keyof Queries>(nsid: N, params?: Queries[N][0]) {
  const search = new URLSearchParams()
  const given: Readonly<Record<string, string | number | boolean | undefined>> = params ?? {}
  for (const [name, value] of Object.entries(given)) if (value !== undefined) search.set(name, String(value))
  const question = search.size === 0 ? '' : `?${search}`
  return (await send(`/xrpc/${nsid}${question}`, {})) as Queries[N][1]
}

/** Calls a procedure as whoever is signed in. @throws {CallError} */
export async function tell<N extends keyof Procedures>(nsid: N, input: Procedures[N][0], csrf: string) {
  const headers = { 'content-type': 'application/json', [CSRF_HEADER]: csrf }
  return (await send(`/xrpc/${nsid}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(input),
  })) as Procedures[N][1]
}

/** A proxy that gives up answers in HTML, and a connection may break: then there is nothing that a method said. */
async function bodyOf(response: Response): Promise<unknown> {
  try {
    const text = await response.text()
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  } catch {
    throw new CallError(response.status, '', '')
  }
}

async function send(path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(path, { ...init, credentials: 'same-origin' }).catch((error: unknown) => {
    throw new CallError(0, '', String(error))
  })
  const body = await bodyOf(response)
  if (response.ok) return body
  const { error = '', message = '' } = (body ?? {}) as { error?: string; message?: string }
  throw new CallError(response.status, error, message)
}
