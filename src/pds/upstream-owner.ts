/**
 * The owner that the PDS's codes are minted for, one for each sign-up. It is nobody's DID, so that no member can list the
 * code and no takedown kills it; and it names the reservation and Latchkey's code, so that the PDS alone can tell what a
 * lost database knew.
 *
 * @param hostname the host that is signed up to
 */
export function upstreamOwner(hostname: string, reservation: string, code: string): string {
  return `${prefixOf(hostname)}${reservation}:${code}`
}

/** What an owner at the PDS stands for; undefined when it is an owner of another kind. */
export function readUpstreamOwner(
  hostname: string,
  owner: string,
): { readonly reservation: string; readonly code: string } | undefined {
  const prefix = prefixOf(hostname)
  if (!owner.startsWith(prefix)) return undefined
  const [reservation = '', code = ''] = owner.slice(prefix.length).split(':')
  return { reservation, code }
}

function prefixOf(hostname: string): string {
  return `did:web:latchkey.${hostname}:`
}
