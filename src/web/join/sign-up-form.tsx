import type { ComponentChildren } from 'preact'
import { Button } from '../kit/button.tsx'
import { CheckField, Field } from '../kit/field.tsx'
import { useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import { joinWords } from '../words/join.ts'
import type { FieldName, FormError, JoinProps } from './props.ts'

const FIELDS: readonly FieldName[] = ['name', 'email', 'password', 'consent']

/** The form that makes an account here. What it says when it did not work stands beside what it is about. */
export function SignUpForm({ domains, terms, privacy, values, errors, csrf }: JoinProps) {
  const words = useWords(joinWords)
  const firstWrong = FIELDS.find((name) => errors[name] !== undefined)
  const focus = (name: FieldName) => (firstWrong === name ? { autofocus: true } : {})
  return (
    <form class="sign-up stack" method="post" data-still={words.stillCreating}>
      {csrf !== null && <input type="hidden" name="csrf" value={csrf} />}
      {errors.form !== undefined && <Notice kind="wrong">{said(errors.form)}</Notice>}
      <div
        data-handle=""
        data-free={words.handleFree('%')}
        data-taken={words.handleTaken('%')}
        data-bad={words.handleBad}
      >
        <Field
          name="name"
          label={words.handle}
          hint={words.handleHint}
          error={said(errors.name)}
          value={values.name}
          required
          minlength={3}
          maxlength={64}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          {...focus('name')}
          end={<Ending domains={domains} chosen={values.domain} />}
        />
        <p class="handle-state hint" role="status" />
      </div>
      <Field
        name="email"
        type="email"
        label={words.email}
        hint={words.emailHint}
        error={said(errors.email)}
        value={values.email}
        required
        maxlength={254}
        autocomplete="email"
        {...focus('email')}
      />
      <Field
        name="password"
        type="password"
        label={words.password}
        hint={words.passwordHint}
        error={said(errors.password)}
        required
        minlength={8}
        maxlength={256}
        autocomplete="new-password"
        {...focus('password')}
      />
      {(terms ?? privacy) === null ? (
        // What somebody agreed to while it could be shown stays agreed to.
        values.consent && <input type="hidden" name="consent" value="on" />
      ) : (
        <CheckField
          name="consent"
          error={said(errors.consent)}
          required
          checked={values.consent}
          {...focus('consent')}
        >
          <Consent terms={terms} privacy={privacy} />
        </CheckField>
      )}
      <Button kind="primary" type="submit" large data-busy={words.creating}>
        {words.create}
      </Button>
      <p class="sign-up-state muted" role="status" />
    </form>
  )
}

/** What is wrong, in the page's language; `undefined` where nothing is. */
function said(error: FormError | undefined) {
  return typeof error === 'object' ? <HostSays {...error} /> : error
}

/** What the PDS said, which is English in every language. */
function HostSays({ quoted }: { quoted: string }) {
  const words = useWords(joinWords)
  return (
    <>
      {words.hostSays}
      <q lang="en">{quoted}</q>
    </>
  )
}

/** What the handle ends with: said where there is one, chosen where there are more. */
function Ending({ domains, chosen }: { domains: readonly string[]; chosen: string }) {
  const words = useWords(joinWords)
  const [first] = domains
  if (domains.length === 1)
    return (
      <span class="ending">
        {first}
        <input type="hidden" name="domain" value={first} />
      </span>
    )
  return (
    <select class="ending" name="domain" aria-label={words.domain}>
      {domains.map((domain) => (
        <option key={domain} value={domain} selected={domain === chosen}>
          {domain}
        </option>
      ))}
    </select>
  )
}

function Consent({ terms, privacy }: Pick<JoinProps, 'terms' | 'privacy'>) {
  const { agreeBoth, agreeTerms, agreePrivacy } = useWords(joinWords)
  if (terms !== null && privacy !== null) {
    const [before, toTerms, between, toPrivacy, after] = agreeBoth
    return (
      <>
        {before}
        <Beside place={terms}>{toTerms}</Beside>
        {between}
        <Beside place={privacy}>{toPrivacy}</Beside>
        {after}
      </>
    )
  }
  const [before, to, after] = terms === null ? agreePrivacy : agreeTerms
  return (
    <>
      {before}
      <Beside place={terms ?? privacy ?? ''}>{to}</Beside>
      {after}
    </>
  )
}

/** A link that leaves the form as it is: whoever came back would find it without their password. */
function Beside({ place, children }: { place: string; children: ComponentChildren }) {
  const words = useWords(joinWords)
  return (
    <a href={place} target="_blank" rel="noreferrer">
      {children}
      <span class="unseen"> {words.newTab}</span>
    </a>
  )
}
