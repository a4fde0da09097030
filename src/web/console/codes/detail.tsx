import type { ComponentChildren } from 'preact'
import type { app } from '../../../lexicons/index.ts'
import { Button } from '../../kit/button.tsx'
import { CopyButton } from '../../kit/copy-button.tsx'
import { useWords } from '../../kit/locale.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleCodesWords } from '../../words/console/codes.ts'
import { type Code, CodeState, Expiry, Owner } from './table.tsx'
import { useConsole, useIsAdministrator } from '../context.ts'
import { PersonName } from '../person.tsx'

/** All that there is to know of a code, and what can be done with it. */
export function CodeDetail({
  code,
  onSwitch,
  onReplace,
}: {
  code: Code
  onSwitch: () => void
  onReplace: () => void
}) {
  const words = useWords(consoleCodesWords)
  const isAdministrator = useIsAdministrator()
  const { state, used, available, reserved, note, createdAt, uses } = code
  return (
    <div class="stack">
      <CodeCopying code={code.code} />
      <dl class="facts">
        <Fact term={words.state}>
          <CodeState code={code} />
        </Fact>
        <Fact term={words.uses}>
          {words.usesOf(used, available)}
          {reserved > 0 && <span class="muted codes-under">{words.reserved(reserved)}</span>}
        </Fact>
        <Fact term={words.owner}>
          <Owner code={code} />
        </Fact>
        <Fact term={words.created}>
          <Time at={createdAt} precise />
        </Fact>
        <Fact term={words.expires}>
          <Expiry code={code} />
        </Fact>
        {note !== undefined && <Fact term={words.note}>{note}</Fact>}
      </dl>
      <h3>{used > uses.length ? words.joinedNewest(uses.length) : words.joined}</h3>
      <JoinedWith uses={uses} next={state === 'open' ? words.handOn : words.letsNobodyIn} />
      <div class="dialog-buttons">
        {state === 'open' && isAdministrator && <Button onClick={onReplace}>{words.replace}</Button>}
        {state === 'open' && (
          <Button kind="danger" onClick={onSwitch}>
            {words.disable}
          </Button>
        )}
        {state === 'disabled' && isAdministrator && <Button onClick={onSwitch}>{words.enable}</Button>}
      </div>
    </div>
  )
}

/** A code to be handed on, by itself or as a link. */
export function CodeCopying({ code }: { code: string }) {
  const words = useWords(consoleCodesWords)
  const { web } = useConsole()
  return (
    <div class="stack-small">
      <p>
        <code class="code">{code}</code>
      </p>
      <div class="dialog-buttons">
        <CopyButton text={code} label={words.copyCode} />
        <CopyButton text={`${web}/join/${encodeURIComponent(code)}`} label={words.copyLink} />
      </div>
    </div>
  )
}

/** Who came in with a code, newest first. @param next what to do where nobody did */
export function JoinedWith({ uses, next }: { uses: readonly app.latchkey.defs.Use[]; next: string }) {
  const words = useWords(consoleCodesWords)
  if (uses.length === 0)
    return (
      <p class="muted">
        {words.nobodyJoined} {next}
      </p>
    )
  return (
    <ul class="codes-list">
      {uses.map(({ by, at }) => (
        <li key={`${by.did} ${at}`}>
          <PersonName person={by} />{' '}
          <span class="muted">
            <Time at={at} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function Fact({ term, children }: { term: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}
