import { createHash } from 'node:crypto'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** The same characters for the same words, spread like random ones. */
function letters(words: string, count: number): string {
  const bytes = createHash('sha256').update(words).digest().subarray(0, count)
  return Array.from(bytes, (byte) => BASE32[byte % BASE32.length]).join('')
}

/** The DID of the member with this number. */
export function didOf(member: number): string {
  return `did:plc:${letters(`member ${member}`, 24)}`
}

/** A DID that signed up with a code and is of no further interest. */
export function userOf(code: string, use: number): string {
  return `did:plc:${letters(`use ${use} of ${code}`, 24)}`
}

/** A code as both servers make them: the host's name and ten characters. */
export function codeOf(hostname: string, member: number, number: number): string {
  const name = letters(`code ${number} of member ${member}`, 10)
  return `${hostname.replaceAll('.', '-')}-${name.slice(0, 5)}-${name.slice(5)}`
}
