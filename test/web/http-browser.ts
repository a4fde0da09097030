import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { nameAndValue } from '../doors/oauth-page.ts'

/** What came of a request. */
export interface WebReply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Where it leads on; empty where it does not. */
  readonly place: string
  readonly body: string
}

/** A browser without windows: it keeps cookies, and says of its requests what it is told to. */
export class HttpBrowser {
  readonly #address: string
  readonly #host: string
  readonly #headers: Record<string, string>
  /** What it keeps, by name. */
  readonly cookies = new Map<string, string>()
  /** What the last form that it was shown sends along unseen. */
  csrf = ''

  /**
   * @param address where the requests go to
   * @param web where it takes the pages to be
   * @param headers what it sends along always
   */
  constructor(address: string, web: string = address, headers: Record<string, string> = {}) {
    this.#headers = headers
    this.#address = address
    this.#host = new URL(web).host
  }

  /** Goes to a page, as if somebody had typed the address. @param headers beside what says so */
  get(path: string, headers: Record<string, string> = {}): Promise<WebReply> {
    return this.#send('GET', path, { 'sec-fetch-site': 'none', ...headers }, undefined)
  }

  /** Sends a form. @param headers what tells where it comes from; one of the pages where left out */
  post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ): Promise<WebReply> {
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
    return this.#send('POST', path, form, new URLSearchParams(fields).toString())
  }

  /** Opens a page and sends its form. */
  async fillIn(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<WebReply> {
    await this.get(path)
    return this.post(path, { ...fields, csrf: this.csrf }, headers)
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
  ): Promise<WebReply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = {
        method,
        agent: false,
        headers: { host: this.#host, cookie, ...this.#headers, ...headers },
      }
      request(new URL(path, this.#address), options, resolve).on('error', reject).end(body)
    })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [name, value] = nameAndValue(line)
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const { statusCode: status = 0, headers: got } = answer
    const page = await text(answer)
    this.csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? this.csrf
    return { status, headers: got, place: got.location ?? '', body: page }
  }
}
