import { useEffect, useRef } from 'preact/hooks'
import { useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import { DESTINATIONS } from '../sign-in/problems.ts'
import { invitesWords } from '../words/invites.ts'

/** What came of the last thing that was done. */
export interface Said {
  readonly kind: 'good' | 'wrong'
  readonly text: string
  /** What has to be done to go on: this page once more, for either. */
  readonly next?: 'reload' | 'signInAgain'
  /** Whether what was pressed is still there to go on from. */
  readonly stays?: boolean
}

/**
 * Shows what came of the last thing that was done, in view however far down one is. What was pressed may be gone with it, so
 * whoever goes by keyboard goes on from here then.
 */
export function Outcome({ said, onDismiss }: { said: Said; onDismiss: () => void }) {
  const words = useWords(invitesWords)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (said.stays !== true) place.current?.focus({ preventScroll: true })
  }, [said])
  return (
    <div class="outcome" ref={place} tabIndex={-1}>
      <Notice kind={said.kind}>
        <span>
          {said.text}
          {said.next !== undefined && (
            <>
              {' '}
              <a href={DESTINATIONS.invites}>{words[said.next]}</a>
            </>
          )}
        </span>
        <button type="button" class="outcome-close" aria-label={words.dismiss} onClick={onDismiss}>
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <path d="M3 3l10 10M13 3L3 13" fill="none" stroke="currentColor" stroke-width="2" />
          </svg>
        </button>
      </Notice>
    </div>
  )
}
