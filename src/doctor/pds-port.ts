import ipaddr from 'ipaddr.js'
import { ask } from './ask.ts'
import { failed, type Outcome, PASSED, reasonOf, skipped, warned } from './checks.ts'
import type { Patient } from './patient.ts'

/**
 * Whether the PDS answers on its own port at an address that others reach: whoever comes there is past Latchkey. What
 * this machine hears at an address of its own passes no firewall, so that it is no more than a warning.
 */
export async function examinePdsPort(patient: Patient): Promise<Outcome> {
  const { publicUrl, pdsUrl } = patient.config
  if (portOf(pdsUrl) === portOf(publicUrl)) return skipped('the PDS has the port of the public URL')
  try {
    const outer = await outerAddresses(patient)
    if (outer.length === 0)
      return skipped(`${publicUrl.hostname} has no address here but those of this machine itself`)
    const answers = await Promise.all(outer.map((address) => isPds(serverAt(address, portOf(pdsUrl)))))
    const open = outer.filter((_address, index) => answers[index])
    const own = new Set(patient.machine.ownAddresses().map(plain))
    const foreign = open.filter((address) => !own.has(plain(address)))
    const tried = `/xrpc/_health at the port of the PDS on ${outer.join(', ')}`
    const at = (addresses: readonly string[]) =>
      `a PDS answers at ${addresses.map((address) => serverAt(address, portOf(pdsUrl)).origin).join(', ')}`
    if (foreign.length > 0)
      return failed(
        tried,
        `${at(foreign)}, at least to this machine, which a firewall may treat otherwise than the world`,
      )
    if (open.length > 0)
      return warned(
        tried,
        `${at(open)}, an address of this machine's own: whether a firewall keeps the world out is to be tried from another machine`,
      )
    return PASSED
  } catch (error) {
    return skipped(reasonOf(error))
  }
}

/** Those of the public host, and those of the PDS's own machine that are no private network's. */
async function outerAddresses({ config, machine }: Patient): Promise<readonly string[]> {
  const { publicUrl, pdsUrl } = config
  const [front, back] = await Promise.all(
    [publicUrl, pdsUrl].map(({ hostname }) => machine.addressesOf(hostname.replace(/^\[|\]$/g, ''))),
  )
  const outer = [
    ...(front ?? []).filter((address) => kindOf(address) !== 'loopback'),
    ...(back ?? []).filter((address) => kindOf(address) === 'unicast'),
  ]
  return [...new Set(outer)]
}

function kindOf(address: string): string {
  return ipaddr.process(address).range()
}

function serverAt(address: string, port: string): URL {
  return new URL(`http://${address.includes(':') ? `[${address}]` : address}:${port}`)
}

/** One spelling of an address. */
function plain(address: string): string {
  return ipaddr.process(address).toNormalizedString()
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80')
}

async function isPds(server: URL): Promise<boolean> {
  try {
    const { hostname } = server
    const { status, body } = await ask({ server, method: 'GET', target: '/xrpc/_health', hostname })
    const told: unknown = JSON.parse(body)
    return status === 200 && typeof told === 'object' && told !== null && 'version' in told
  } catch {
    return false
  }
}
