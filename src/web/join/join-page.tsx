import { AVATAR_PATH, Avatar } from '../kit/avatar.tsx'
import { useFrame, useLanguage, useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import type { Page } from '../kit/page.ts'
import { Ticket } from '../kit/ticket.tsx'
import { day } from '../words/format.ts'
import { type JoinWords, joinWords } from '../words/join.ts'
import type { Closed, Inviter, JoinProps } from './props.ts'
import { SignUpForm } from './sign-up-form.tsx'
import { AppWay, MoveWay, Way } from './ways.tsx'

/** The page of an invite that lets somebody in. */
export const joinPage: Page<'join'> = {
  title: (_props, { language, hostname }) => joinWords[language].title(hostname),
  preview: ({ inviter, link }, { language, hostname }) => {
    const words = joinWords[language]
    return {
      title: inviter === null ? words.title(hostname) : headline(words, inviter),
      description: words.preview(hostname),
      url: link,
      image: inviter?.hasAvatar
        ? new URL(AVATAR_PATH + encodeURIComponent(inviter.did), link).href
        : undefined,
    }
  },
  script: 'join',
  width: 'wide',
  Body: Join,
}

function Join(props: JoinProps) {
  const { code, link, left, expiresAt, closed } = props
  const words = useWords(joinWords)
  const language = useLanguage()
  const { hostname } = useFrame()
  return (
    <div class="join">
      <div class="join-invite stack">
        <Headline inviter={props.inviter} />
        <p class="join-about">{words.about(hostname)}</p>
        <HostLinks {...props} />
        <Ticket code={code} link={link} caption={words.scan} stub="wide">
          {left !== null && (
            <p class="join-good-for">
              {words.left(left)} {expiresAt !== null && words.until(day(language, expiresAt))}
            </p>
          )}
        </Ticket>
      </div>
      {closed === null ? <Ways {...props} /> : <NoWay code={code} closed={closed} />}
    </div>
  )
}

/** Whoever opens their link again must not take it for news that nothing came of it. */
function SignedUp({ joined }: Pick<JoinProps, 'joined'>) {
  const words = useWords(joinWords)
  if (joined === null) return null
  const { handle, isSure, place } = joined
  return (
    <Notice>
      <p>{isSure ? words.signedUpAs(handle) : words.maybeSignedUpAs(handle)}</p>
      <p>
        <a href={place}>{words.signedUpNext}</a>
      </p>
    </Notice>
  )
}

function Ways(props: JoinProps) {
  const words = useWords(joinWords)
  const { code, domains } = props
  return (
    <section class="join-ways" aria-label={words.ways}>
      {domains.length > 0 && (
        <Way title={words.wayHere} open>
          <SignedUp {...props} />
          <SignUpForm {...props} />
        </Way>
      )}
      <Way title={words.wayApp} open={domains.length === 0}>
        <AppWay code={code} />
      </Way>
      <Way title={words.wayMove}>
        <MoveWay code={code} />
      </Way>
    </section>
  )
}

/** Nobody fills in a form that is then refused. */
function NoWay({ code, closed }: { code: string; closed: Closed }) {
  const words = useWords(joinWords)
  const { message, isPaused, migrationsGoOn } = closed
  return (
    <section class="join-closed stack" aria-labelledby="closed">
      <h2 id="closed">{isPaused ? words.pausedTitle : words.closedTitle}</h2>
      <Notice>
        <p>{message ?? words.closed}</p>
        <p>{words.stillGood}</p>
      </Notice>
      {migrationsGoOn && (
        <>
          <p>{words.migrationsGoOn}</p>
          <div class="join-ways">
            <Way title={words.wayMove} open>
              <MoveWay code={code} />
            </Way>
          </div>
        </>
      )}
    </section>
  )
}

/** Where to learn more of the host. Terms stand in the form where there is one. */
function HostLinks({ domains, terms, privacy, contact, closed }: JoinProps) {
  const words = useWords(joinWords)
  const { hostname, origin } = useFrame()
  const hasForm = domains.length > 0 && closed === null
  const links = [
    [`${origin}/`, hostname],
    [hasForm ? null : terms, words.hostTerms],
    [hasForm ? null : privacy, words.hostPrivacy],
    [contact && `mailto:${contact}`, words.hostContact],
  ] as const
  return (
    <ul class="join-host" aria-label={words.hostLinks}>
      {links.map(
        ([place, label]) =>
          place !== null && (
            <li key={label}>
              <a href={place}>{label}</a>
            </li>
          ),
      )}
    </ul>
  )
}

function Headline({ inviter }: { inviter: Inviter | null }) {
  const words = useWords(joinWords)
  if (inviter === null) return <h1>{words.invitedByNobody}</h1>
  const { did, name, handle, hasAvatar } = inviter
  return (
    <div class="join-inviter">
      <Avatar did={did} name={name ?? handle ?? ''} hasPicture={hasAvatar} size="large" />
      <div>
        <h1>{headline(words, inviter)}</h1>
        {name !== null && handle !== null && <p class="muted">@{handle}</p>}
      </div>
    </div>
  )
}

function headline(words: JoinWords, { name, handle }: Inviter): string {
  const who = name ?? (handle === null ? undefined : `@${handle}`)
  return who === undefined ? words.invitedByNobody : words.invitedBy(who)
}
