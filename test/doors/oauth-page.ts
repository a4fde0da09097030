import { type IncomingMessage, request, type RequestOptions } from 'node:http'
import { json, text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'

/** Where the page's form posts to. */
export const SIGN_UP_PATH = '/@atproto/oauth-provider/~api/sign-up'

/** What the page hears. */
export interface FormAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** The values of all `Set-Cookie` headers. */
  readonly cookies: readonly string[]
  readonly body: Record<string, unknown>
}

/** The PDS's account page, opened in something that behaves as a browser does. */
export class AccountPage {
  readonly #origin: string
  readonly #cookies: ReadonlyMap<string, string>

  /** @param origin the PDS's public one, which it compares with what the browser says of itself */
  static async open(origin: string): Promise<AccountPage> {
    const page = await send(`${origin}/account`, {
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': 'none',
    })
    const html = await text(page)
    if (page.statusCode !== 200) throw new Error(`GET /account: ${page.statusCode} ${html}`)
    return new AccountPage(origin, new Map(cookiesOf(page).map(nameAndValue)))
  }

  private constructor(origin: string, cookies: ReadonlyMap<string, string>) {
    this.#origin = origin
    this.#cookies = cookies
  }

  /**
   * Sends the sign-up form, right or wrong.
   *
   * @param options.csrfToken the header of that name; the page's own where unset
   * @param options.gzip packs the body
   * @param options.viaUrl past the public door
   * @param options.target another spelling of the request's target
   * @param options.localAddress where it comes from
   */
  async signUp(
    form: object,
    options: {
      csrfToken?: string
      gzip?: boolean
      viaUrl?: string
      target?: string
      localAddress?: string
    } = {},
  ): Promise<FormAnswer> {
    const body = JSON.stringify(form)
    const answer = await send(
      options.viaUrl ?? this.#origin,
      {
        'accept-encoding': 'gzip, br',
        'content-type': 'application/json',
        ...(options.gzip && { 'content-encoding': 'gzip' }),
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        origin: this.#origin,
        referer: `${this.#origin}/account/sign-up`,
        'sec-fetch-mode': 'same-origin',
        'sec-fetch-site': 'same-origin',
        'sec-fetch-dest': 'empty',
        'x-csrf-token': options.csrfToken ?? this.#cookies.get('csrf-token') ?? '',
      },
      {
        body: options.gzip ? gzipSync(body) : Buffer.from(body),
        path: options.target ?? SIGN_UP_PATH,
        ...(options.localAddress !== undefined && { family: 4, localAddress: options.localAddress }),
      },
    )
    return {
      status: answer.statusCode ?? 0,
      retryAfter: answer.headers['retry-after'],
      cookies: cookiesOf(answer),
      body: (await json(answer)) as Record<string, unknown>,
    }
  }
}

/** The name and the value of a `Set-Cookie` header, without its attributes. */
export function nameAndValue(cookie: string): [name: string, value: string] {
  const [pair = ''] = cookie.split(';')
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function cookiesOf({ headers }: IncomingMessage): readonly string[] {
  return headers['set-cookie'] ?? []
}

/** `fetch` would put its own words in place of what a browser says of a request, and spell its target anew. */
function send(
  url: string,
  headers: Record<string, string>,
  post?: { readonly body: Buffer } & RequestOptions,
): Promise<IncomingMessage> {
  const { body, ...rest } = post ?? {}
  const options = { headers, agent: false, ...(post && { method: 'POST' }), ...rest }
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end(body)
  })
}
