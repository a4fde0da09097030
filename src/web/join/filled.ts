import type { JoinWords } from '../words/join.ts'
import type { Refused } from './ports.ts'
import type { FormError, FormErrors, JoinProps } from './props.ts'

/** The form as it was sent. */
export interface Filled {
  readonly values: JoinProps['values']
  readonly password: string
  /** Whether there is such an ending. */
  readonly isOffered: boolean
  /** What the name and its ending make. */
  readonly handle: string
}

/** As the PDS has it for handles under its own domains. */
const NAME = /^[a-z0-9][a-z0-9-]{1,16}[a-z0-9]$/

/** The shape of an e-mail address, as browsers ask for it and a little more: whether it is one, the PDS tells. */
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/

const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 256

/**
 * Reads the form. People type more than their name: an @ before it, or all of the handle.
 *
 * @param domains the endings that there are
 */
export function readFilled(form: URLSearchParams, domains: readonly string[]): Filled {
  const text = (name: string) => (form.get(name) ?? '').trim()
  const typed = text('name').replace(/^@/, '').toLowerCase()
  // Of `.social` and `.harbor.social` it is the longer one.
  const typedEnding = domains
    .filter((ending) => typed.endsWith(ending))
    .reduce<string | undefined>((one, other) => (one && one.length > other.length ? one : other), undefined)
  const domain = typedEnding ?? form.get('domain') ?? domains[0] ?? ''
  const name = typedEnding === undefined ? typed : typed.slice(0, -typedEnding.length)
  return {
    values: { name, domain, email: text('email'), consent: form.has('consent') },
    isOffered: domains.includes(domain),
    password: form.get('password') ?? '',
    handle: name + domain,
  }
}

/** Whether a name could be had at all. */
export function isName(name: string): boolean {
  return NAME.test(name)
}

/** What is wrong with a form before anybody is asked. */
export function wrongIn(filled: Filled, needsConsent: boolean, words: JoinWords): FormErrors {
  const { values, password } = filled
  return {
    ...nameError(filled, words),
    ...(!EMAIL.test(values.email) && { email: values.email === '' ? words.missing : words.emailBad }),
    ...passwordError(password, words),
    ...(needsConsent && !values.consent && { consent: words.consentMissing }),
  }
}

/** An ending that is not there any more is never exchanged for another one: a handle is chosen as a whole. */
function nameError({ values: { name, domain }, isOffered }: Filled, words: JoinWords): FormErrors {
  if (name === '') return { name: words.missing }
  if (!isName(name)) return { name: words.handleBad }
  return isOffered ? {} : { name: words.endingGone(domain) }
}

function passwordError(password: string, words: JoinWords): FormErrors {
  if (password === '') return { password: words.missing }
  if (password.length < SHORTEST_PASSWORD) return { password: words.passwordShort }
  return password.length > LONGEST_PASSWORD ? { password: words.passwordLong } : {}
}

/** Whether the PDS refused a handle because an account has it. */
export function isHandleTaken({ message }: Refused): boolean {
  return /handle.*taken|taken.*handle/i.test(message)
}

/**
 * Puts what the PDS refused beside the field that it is about. Its error names say it where it has some; most of its
 * refusals are `InvalidRequest`, and told apart by their words.
 */
export function refusedAs(refused: Refused, handle: string, words: JoinWords): FormErrors {
  const { error, message } = refused
  if (error === 'HandleNotAvailable' || /reserved/i.test(message)) return { name: words.handleReserved }
  if (isHandleTaken(refused)) return { name: words.handleTaken(handle) }
  if (error === 'InvalidHandle' || error === 'UnsupportedDomain' || /handle/i.test(message))
    return { name: quoted(message) ?? words.handleBad }
  if (/e-?mail.*taken/i.test(message)) return { email: words.emailTaken }
  if (/e-?mail/i.test(message)) return { email: words.emailBad }
  if (error === 'InvalidPassword' || /password/i.test(message))
    return { password: quoted(message) ?? words.passwordLong }
  return { form: quoted(message) ?? words.formWrong }
}

/** What the host said, where it said something. */
function quoted(message: string): FormError | undefined {
  return message === '' ? undefined : { quoted: message }
}
