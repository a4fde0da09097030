import { com } from '../../src/lexicons/index.ts'
import { Client } from './client.ts'

/** A member whose answers are looked at. */
export interface Watched {
  readonly did: string
  readonly authorization: string
}

/** What looking at answers right after changes has shown. */
export interface Freshness {
  readonly changes: number
  /** Answers that did not show a change that had been confirmed before they were asked for. */
  readonly stale: number
}

const { createInviteCode, getAccountInviteCodes } = com.atproto.server
const { disableInviteCodes } = com.atproto.admin

/**
 * Gives members codes and disables them again, one after the other. Once a change is confirmed, the member asks at once and has
 * to see it.
 *
 * @param until when to stop
 */
export async function watchFreshness(
  url: string,
  members: Iterable<Watched>,
  adminAuthorization: string,
  until: () => boolean,
): Promise<Freshness> {
  using client = new Client(2)
  let [changes, stale] = [0, 0]
  const administrator = (nsid: string, body: unknown) =>
    client.askWell({ url: `${url}/xrpc/${nsid}`, authorization: adminAuthorization, body })
  const shows = async (member: Watched, code: string) => {
    const path = `/xrpc/${getAccountInviteCodes.$nsid}`
    const { body } = await client.askWell({ url: url + path, authorization: member.authorization })
    const { codes } = JSON.parse(body) as { codes: { code: string }[] }
    return codes.some((listed) => listed.code === code)
  }
  for (const member of members) {
    if (until()) break
    // So that there is an answer from before the change.
    await shows(member, '')
    const given = await administrator(createInviteCode.$nsid, { useCount: 1, forAccount: member.did })
    const { code } = JSON.parse(given.body) as { code: string }
    if (!(await shows(member, code))) stale += 1
    await administrator(disableInviteCodes.$nsid, { codes: [code] })
    if (await shows(member, code)) stale += 1
    changes += 2
  }
  return { changes, stale }
}
