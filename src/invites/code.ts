/** The alphabet of RFC 4648 base 32 in lower case, as the reference PDS uses it. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const GROUP = 5

/** How many random bytes one code takes: one per character. */
export const CODE_BYTES = 2 * GROUP

/** What follows the host and a dash in a code of {@link makeCode}. */
export const CODE_OF_OURS = /^[a-z2-7]{5}-[a-z2-7]{5}$/

/**
 * Reads the random letters of a code, or the first of them: whoever talks of a code leaves away the host, which all have in
 * common. One group of them at least, in whatever case, with or without the dashes.
 *
 * @returns the letters as they stand in codes, with the dash after the first group; undefined for what can't be some
 */
export function partOfLetters(text: string): string | undefined {
  const [, first, rest] = /^-?([a-z2-7]{5})-?([a-z2-7]{0,5})$/.exec(text.toLowerCase()) ?? []
  return first === undefined ? undefined : `${first}-${rest}`
}

/** Fills and returns `bytes` bytes from a cryptographic source. */
export type RandomBytes = (bytes: number) => Uint8Array

/**
 * Makes an invite code as the reference PDS spells it: `<host>-xxxxx-xxxxx`, the host's dots replaced by dashes so
 * that nobody takes it for a link.
 *
 * @param hostname the host whose door the code opens
 * @param bytes `CODE_BYTES` of a cryptographic source; 50 of their bits go into the code
 */
export function makeCode(hostname: string, bytes: Uint8Array): string {
  let letters = ''
  for (const byte of bytes) letters += ALPHABET.charAt(byte % ALPHABET.length)
  return `${codeBeginning(hostname)}${letters.slice(0, GROUP)}-${letters.slice(GROUP)}`
}

/** What stands before the random letters of a host's codes. */
export function codeBeginning(hostname: string): string {
  return `${hostname.replaceAll('.', '-')}-`
}

/** How often colliding random codes are replaced by new ones before that counts as a bug: 50 bits rarely collide once. */
const COLLISION_RETRIES = 5

/**
 * Draws random codes and works with them, with others when one of them exists already.
 *
 * @param count how many at a time
 * @param work answers `collision` when one of the codes exists already, and has changed nothing then
 * @returns what the work answered at last, and the codes that it did it with
 * @throws when the codes collide again and again
 */
export async function withNewCodes<T>(
  {
    hostname,
    random,
    count,
  }: { readonly hostname: string; readonly random: RandomBytes; readonly count: number },
  work: (codes: readonly string[]) => Promise<T | 'collision'>,
): Promise<readonly [outcome: T, codes: readonly string[]]> {
  for (let attempt = 0; attempt <= COLLISION_RETRIES; attempt++) {
    // At once: the source takes longer to be called than to fill some bytes.
    const bytes = random(count * CODE_BYTES)
    const codes = Array.from({ length: count }, (_, index) =>
      makeCode(hostname, bytes.subarray(index * CODE_BYTES, (index + 1) * CODE_BYTES)),
    )
    const outcome = await work(codes)
    if (outcome !== 'collision') return [outcome, codes]
  }
  throw new Error(`random invite codes collided ${COLLISION_RETRIES + 1} times: the random source is broken`)
}
