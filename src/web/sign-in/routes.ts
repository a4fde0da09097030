import { CALLBACK_PATH, JWKS_PATH, METADATA_PATH } from '../../auth/oauth-metadata.ts'
import type { OAuthSignIn } from '../../auth/oauth-sign-in.ts'
import { readForm } from '../../wire/body.ts'
import type { WebAnswer, WebRequest, WebRoute } from '../routing.ts'
import { hostOf } from './own-name.ts'
import { ADMIN_SIGN_IN_PATH, EVERYWHERE, SIGN_IN_PATH, SIGN_OUT_PATH } from './paths.ts'
import { asDestination, DESTINATIONS, PROBLEM } from './problems.ts'
import type { Outcome, SignIn } from './sign-in.ts'

export interface SignInRoutesPorts {
  readonly signIn: SignIn
  readonly oauth: Pick<OAuthSignIn, 'metadata' | 'jwks'>
  /** Where the pages are, whatever name a request came to. */
  readonly webUrl: URL
}

/** Nothing of signing in is kept by caches or told to whoever is linked to. */
const HEADERS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } as const

/** The addresses of signing in and out. Whatever happens, a browser ends on a page that can say it. */
export function signInRoutes({ signIn, oauth, webUrl }: SignInRoutesPorts): readonly WebRoute[] {
  function answer(outcome: Outcome): WebAnswer {
    return { place: placeOf(outcome, webUrl).href, cookies: outcome.cookies, headers: HEADERS }
  }

  function form(
    path: string,
    act: (fields: URLSearchParams, request: WebRequest) => Promise<Outcome>,
  ): readonly WebRoute[] {
    const post = async (request: WebRequest) => {
      const fields = await readForm(request.body)
      const to = path === ADMIN_SIGN_IN_PATH ? 'admin' : asDestination(fields.get('to'))
      if (!isOwnForm(request, webUrl)) return answer({ to, problem: 'again', cookies: [] })
      return answer(await act(fields, request))
    }
    // Somebody went back, or reloaded.
    const get = async () => answer({ to: path === ADMIN_SIGN_IN_PATH ? 'admin' : 'invites', cookies: [] })
    return [
      { verb: 'POST', path, answer: post },
      { verb: 'GET', path, answer: get },
    ]
  }

  return [
    ...form(SIGN_IN_PATH, (fields, { headers, address }) =>
      signIn.begin(asDestination(fields.get('to')), headers.cookie, address),
    ),
    ...form(SIGN_OUT_PATH, (fields, { headers }) =>
      signIn.end(asDestination(fields.get('to')), headers.cookie, fields.get('csrf'), fields.has(EVERYWHERE)),
    ),
    ...form(ADMIN_SIGN_IN_PATH, (fields, { headers, address }) =>
      signIn.withPassword(fields.get('password') ?? '', headers.cookie, address),
    ),
    {
      verb: 'GET',
      path: CALLBACK_PATH,
      answer: async ({ query, headers, address }) =>
        answer(await signIn.finish(query, headers.cookie, address)),
    },
    { verb: 'GET', path: METADATA_PATH, answer: async () => ({ json: await oauth.metadata() }) },
    { verb: 'GET', path: JWKS_PATH, answer: async () => ({ json: await oauth.jwks() }) },
  ]
}

function placeOf(outcome: Outcome, webUrl: URL): URL {
  if ('place' in outcome) return outcome.place
  const page = new URL(DESTINATIONS[outcome.to], webUrl)
  if (outcome.problem !== undefined) page.searchParams.set(PROBLEM, outcome.problem)
  return page
}

/**
 * Whether a form was sent by a page of ours, so that nobody signs others in under a name that is not theirs. Browsers tell
 * where a request comes from (Fetch Metadata; older ones by `Origin`), and no page can make them lie. A handle's subdomain
 * is another origin, and so is our own page under another name.
 */
function isOwnForm({ headers }: WebRequest, webUrl: URL): boolean {
  if (hostOf(headers) !== webUrl.hostname) return false
  const site = headers['sec-fetch-site']
  return site === undefined ? headers.origin === webUrl.origin : site === 'same-origin'
}
