import type { PdsAnswer } from '../pds/answer.ts'
import type { PdsClient } from '../pds/client.ts'
import type { AdministratorAuth } from './administrator.ts'
import { type Credentials, credentialHeaders, type Refusal } from './credentials.ts'

/** A request in the name of the caller that tells whether the PDS would serve the method, and changes nothing there. */
export interface ModeratorProbe {
  readonly method: 'GET' | 'POST'
  /** Path and query. */
  readonly path: string
  readonly json?: object
}

/** Tells moderators: the administrator, and whomever the PDS accepts for moderation on the same method. */
export class ModeratorAuth {
  readonly #pds: PdsClient
  readonly #administrators: AdministratorAuth

  constructor(pds: PdsClient, administrators: AdministratorAuth) {
    this.#pds = pds
    this.#administrators = administrators
  }

  /** Admits the administrator at once, and others when the PDS serves the probe. */
  async admit(credentials: Credentials, probe: ModeratorProbe): Promise<Refusal | undefined> {
    if (this.#administrators.isAdministrator(credentials.authorization)) return undefined
    const answer = await this.#pds.relay(asRequest(probe, credentialHeaders(credentials)))
    return answer.status === 200 ? undefined : { refusal: answer }
  }

  /** Sends the request on as the caller's, the administrator's with the PDS's own password. */
  forward(credentials: Credentials, request: ModeratorProbe): Promise<PdsAnswer> {
    const headers = credentialHeaders(credentials)
    if (this.#administrators.isAdministrator(credentials.authorization)) {
      headers['authorization'] = this.#pds.adminAuthorization
    }
    return this.#pds.relay(asRequest(request, headers))
  }
}

function asRequest({ method, path, json }: ModeratorProbe, headers: Record<string, string>) {
  if (json === undefined) return { method, path, headers }
  return {
    method,
    path,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  }
}
