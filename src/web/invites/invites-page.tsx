import { useRef, useState } from 'preact/hooks'
import { announce } from '../browser/enhance.ts'
import { ask, CallError, tell } from '../browser/call.ts'
import { useFrame, useWords } from '../kit/locale.tsx'
import type { Page } from '../kit/page.ts'
import { Time } from '../kit/time.tsx'
import { EVERYWHERE, SIGN_OUT_PATH } from '../sign-in/paths.ts'
import { DESTINATIONS } from '../sign-in/problems.ts'
import { invitesWords } from '../words/invites.ts'
import { Handle } from './guests.tsx'
import { OpenInvite } from './open-invite.tsx'
import { Outcome, type Said } from './outcome.tsx'
import type { Invites, InvitesProps } from './props.ts'
import { Ended, Used } from './spent.tsx'

/** From here on the hour counts, in milliseconds. */
const DAY = 86_400_000

/** A member's invites. */
export const invitesPage: Page<'invites'> = {
  title: (_props, { language, hostname }) => `${invitesWords[language].title} · ${hostname}`,
  script: 'invites',
  hydrated: true,
  HeaderEnd,
  Body,
}

function HeaderEnd(props: InvitesProps) {
  const words = useWords(invitesWords)
  if (!props.isOperator) return <SignOut {...props} />
  return (
    <div class="header-end">
      <a class="header-way" href={DESTINATIONS.admin}>
        {words.console}
      </a>
      <SignOut {...props} />
    </div>
  )
}

function SignOut({ member, csrf }: InvitesProps) {
  const words = useWords(invitesWords)
  return (
    <form method="post" action={SIGN_OUT_PATH} class="signed-in">
      <span class="muted signed-in-as" title={words.signedInAs(member.handle ?? member.did)}>
        {member.handle === null ? '' : `@${member.handle}`}
      </span>
      <input type="hidden" name="csrf" value={csrf} />
      <button type="submit" class="button button-quiet">
        {words.signOut}
      </button>
    </form>
  )
}

function Body({ invites: first, web, contact, csrf }: InvitesProps) {
  const words = useWords(invitesWords)
  const { hostname } = useFrame()
  const [invites, setInvites] = useState<Invites>(first)
  const [said, setSaid] = useState<Said | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const open = invites.codes.filter(({ state }) => state === 'open')
  const left = open.reduce((sum, { available, used }) => sum + available - used, 0)

  /** Does something, says what came of it, and shows what there is then. @param stays what was pressed, when it is done */
  async function act(stays: boolean, work: () => Promise<string>): Promise<void> {
    let text: string
    try {
      text = await work()
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (error.status === 401) setSaid({ kind: 'wrong', text: words.signedOut, next: 'signInAgain' })
      else setSaid({ kind: 'wrong', text: error.status === 429 ? words.tooOften : words.failed })
      return
    }
    try {
      setInvites(await ask('app.latchkey.getInvites'))
      setSaid({ kind: 'good', text, stays })
      if (stays) announce(text)
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      setSaid({ kind: 'good', text: words.stale(text), next: 'reload' })
    }
  }

  function dismiss(): void {
    setSaid(null)
    heading.current?.focus({ preventScroll: true })
  }

  const actions = {
    label: (code: string, label: string) =>
      act(true, async () => {
        await tell('app.latchkey.labelCode', { code, label }, csrf)
        return label === '' ? words.unnamed : words.named(label)
      }),
    switchOff: (code: string) =>
      act(false, async () => {
        const { replacement } = await tell('app.latchkey.switchOffCode', { code }, csrf)
        return replacement === undefined ? words.switchedOff : words.replaced
      }),
  }

  const [main, ...others] = open
  return (
    <>
      <div class="stack-small">
        <h1 ref={heading} tabIndex={-1}>
          {words.heading(open.length)}
        </h1>
        <p class="muted">
          {open.length > 0 &&
            `${left === open.length ? words.each(hostname) : words.together(hostname, left)} `}
          <Coming invites={invites} contact={contact} />
        </p>
      </div>
      {said !== null && <Outcome said={said} onDismiss={dismiss} />}
      {main !== undefined && <OpenInvite key={main.code} code={main} web={web} large actions={actions} />}
      {others.length > 0 && (
        <section class="stack">
          <h2>{words.more}</h2>
          <ul class="tickets">
            {others.map((code) => (
              <li key={code.code}>
                <OpenInvite code={code} web={web} actions={actions} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <Used codes={invites.codes} />
      <Ended codes={invites.codes} />
      {invites.invitedBy !== undefined && (
        <p class="muted">
          {words.invitedBy}
          <Handle person={invites.invitedBy} />
        </p>
      )}
      <form method="post" action={SIGN_OUT_PATH}>
        <input type="hidden" name="csrf" value={csrf} />
        <button type="submit" name={EVERYWHERE} value="yes" class="button button-quiet">
          {words.signOutEverywhere}
        </button>
      </form>
    </>
  )
}

/** When the next one comes, or why none does. */
function Coming({ invites: { nextAt, why }, contact }: { invites: Invites; contact: string | null }) {
  const words = useWords(invitesWords)
  if (nextAt !== undefined)
    return (
      <>
        {words.next}
        <Time at={nextAt} precise={Date.parse(nextAt) - Date.now() < DAY} />.
      </>
    )
  const reason = why === undefined ? undefined : (words.why as Readonly<Record<string, string>>)[why]
  const isForPeople = why === 'nobodyEarns' || why === 'disabled'
  return (
    <>
      {reason}
      {isForPeople && contact !== null && (
        <>
          {words.contact}
          <a href={`mailto:${contact}`}>{contact}</a>.
        </>
      )}
    </>
  )
}
