import type { IncomingHttpHeaders } from 'node:http'
import type { IncomingBody } from '../wire/body.ts'
import type { Frame, Pages } from './pages.ts'

/** A request to one of the pages. */
export interface WebRequest {
  /** The parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingBody
  /** The client's address, by which things are limited. */
  readonly address: string
  /** The addresses the request came through: the value of `X-Forwarded-For`. */
  readonly forwardedFor: string
}

/** A page with what it is told. */
type PageOf<P extends keyof Pages> = P extends keyof Pages
  ? { readonly page: P; readonly props: Pages[P] }
  : never

/** What goes back: a page, another place to go, or something else under its own type. */
export type WebAnswer = {
  /** 200, or 303 for a place, where left out. */
  readonly status?: number
  /** Beside those that every answer has; they win over those. */
  readonly headers?: Readonly<Record<string, string>>
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[]
} & (
  | PageOf<keyof Pages>
  | { readonly place: string }
  | { readonly json: unknown }
  | { readonly bytes: Uint8Array; readonly type: string }
)

/** One address of the pages, ready to be mounted. */
export interface WebRoute {
  readonly verb: 'GET' | 'POST'
  /** With `:name` for what varies, such as `/join/:code`. Only this pattern gets into logs. */
  readonly path: string
  /** Rejects with what the edge maps to a page. */
  readonly answer: (request: WebRequest, frame: Frame) => Promise<WebAnswer>
}

/**
 * Whether a form may have been sent by a page of ours. Browsers that are of this decade say where a request comes from
 * (Fetch Metadata, `Sec-Fetch-Site`), on secure origins and on loopback; older ones name an origin, or `null` where the
 * page tells nobody its address. One that says nothing is given the benefit of the doubt.
 *
 * @param origins where the pages are
 */
export function isOwnForm({ headers }: Pick<WebRequest, 'headers'>, origins: readonly string[]): boolean {
  const { origin = 'null', 'sec-fetch-site': site } = headers
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return origin === 'null' || origins.includes(origin)
}
