/** The alphabet of RFC 4648 base 32 in lower case, as the reference PDS uses it. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const GROUP = 5

/** How many random bytes one code takes: one per character. */
export const CODE_BYTES = 2 * GROUP

/** What follows the host and a dash in a code of {@link makeCode}. */
export const CODE_OF_OURS = /^[a-z2-7]{5}-[a-z2-7]{5}$/

/** Fills and returns `bytes` bytes from a cryptographic source. */
export type RandomBytes = (bytes: number) => Uint8Array

/**
 * Makes an invite code as the reference PDS spells it: `<host>-xxxxx-xxxxx`, the host's dots replaced by dashes so
 * that nobody takes it for a link.
 *
 * @param hostname the host whose door the code opens
 * @param random a cryptographic source; 50 of its bits go into the code
 */
export function makeCode(hostname: string, random: RandomBytes): string {
  const letters = Array.from(random(CODE_BYTES), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
  return `${hostname.replaceAll('.', '-')}-${letters.slice(0, GROUP)}-${letters.slice(GROUP)}`
}
