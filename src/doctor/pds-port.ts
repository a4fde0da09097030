import ipaddr from 'ipaddr.js'
import { ask } from './ask.ts'
import { failed, type Outcome, PASSED, reasonOf, skipped } from './checks.ts'
import type { Patient } from './patient.ts'

/**
 * Whether the PDS answers on its own port at an address that others reach: whoever comes there is past Latchkey. A
 * firewall may treat this machine otherwise than the world, in both directions.
 */
export async function examinePdsPort(patient: Patient): Promise<Outcome> {
  const { publicUrl, pdsUrl } = patient.config
  if (portOf(pdsUrl) === portOf(publicUrl)) return skipped('the PDS has the port of the public URL')
  try {
    const outer = await outerAddresses(patient)
    if (outer.length === 0)
      return skipped(`${publicUrl.hostname} has no address here but those of this machine itself`)
    const servers = outer.map(
      (address) => new URL(`http://${address.includes(':') ? `[${address}]` : address}:${portOf(pdsUrl)}`),
    )
    const answers = await Promise.all(servers.map(isPds))
    const open = servers.filter((_server, index) => answers[index])
    if (open.length === 0) return PASSED
    const origins = open.map(({ origin }) => origin).join(', ')
    return failed(
      `/xrpc/_health at the port of the PDS on ${outer.join(', ')}`,
      `a PDS answers at ${origins}, at least to this machine, which a firewall may treat otherwise than the world`,
    )
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
