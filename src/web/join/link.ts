import { CODE_OF_OURS } from '../../invites/code.ts'
import type { Frame } from '../pages.ts'
import type { WebRequest } from '../routing.ts'
import { JOIN_PATH } from './paths.ts'

/** What chat apps and people leave around a link: blanks, brackets, quotes, and the end of a sentence. */
const AROUND = /^[\s(<["'„“«]+|[\s.,;:!?)>\]"'“”»…]+$/gu

/** In characters, with what is left around it. A code is little longer than a host name, which has 253 at most. */
const LONGEST = 512

/**
 * Reads a code out of a link as it was pasted. Codes that are spelled as Latchkey and the reference PDS spell them are in
 * lower case; of others the letter case stays.
 *
 * @param hostname of the host whose codes these are
 */
function codeInLink(pasted: string, hostname: string): string {
  // It would take long to look for its end among what is left around it.
  if (pasted.length > LONGEST) return ''
  const code = pasted.replaceAll(AROUND, '')
  const lower = code.toLowerCase()
  const prefix = `${hostname.replaceAll('.', '-')}-`
  return lower.startsWith(prefix) && CODE_OF_OURS.test(lower.slice(prefix.length)) ? lower : code
}

/** The code that a request is about. */
export function codeOf({ params }: WebRequest, { hostname }: Frame): string {
  return codeInLink(params['code'] ?? '', hostname)
}

/** The path of an invite. */
export function linkOf(code: string): string {
  return `${JOIN_PATH}/${encodeURIComponent(code)}`
}

/** The path of the page after a sign-up with it. */
export function doneOf(code: string): string {
  return `${linkOf(code)}/done`
}
