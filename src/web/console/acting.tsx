import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { CallError } from '../browser/call.ts'
import { announce } from '../browser/enhance.ts'
import { useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import { consoleWords } from '../words/console/frame.ts'
import { SignInAgain } from './sign-in-again.tsx'

/** What came of the last thing that was done. */
export interface Said {
  readonly kind: 'good' | 'wrong'
  readonly text: string
  /** The session is over: only signing in again helps. */
  readonly isSignedOut?: boolean
}

/** Does things, one at a time, and says what came of them, to screen readers too. */
export interface Acting {
  readonly said: Said | null
  readonly isBusy: boolean
  /**
   * @param work returns what to say when it is done, if anything
   * @returns whether it is done
   */
  readonly act: (work: () => Promise<string | undefined>) => Promise<boolean>
  /** Takes back what was said, since it is not true any more. */
  readonly clear: () => void
}

export function useActing(): Acting {
  const words = useWords(consoleWords)
  const [said, setSaid] = useState<Said | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function act(work: () => Promise<string | undefined>): Promise<boolean> {
    if (isBusy) return false
    setBusy(true)
    try {
      const text = await work()
      setSaid(text === undefined ? null : { kind: 'good', text })
      if (text !== undefined) announce(text)
      return true
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      setSaid({ kind: 'wrong', text: reason(error), isSignedOut: error.status === 401 })
      return false
    } finally {
      setBusy(false)
    }
  }

  function reason({ status, error, message }: CallError): string {
    if (status === 401) return words.signedOut
    if (status === 403) return words.notAllowed
    // A proxy waits no longer; Latchkey itself would have named the error.
    if ((status === 502 || status === 504) && error === '') return words.mayGoOn
    // The server's own sentence, which names what is wrong with what was sent.
    return status === 400 && message !== '' ? message : words.failed
  }

  return { said, isBusy, act, clear: () => setSaid(null) }
}

/** Shows what came of the last thing that was done. */
export function Outcome({ said }: { said: Said | null }) {
  if (said === null) return null
  return (
    <SeenNotice kind={said.kind} said={said}>
      {said.text}
      {said.isSignedOut === true && (
        <p>
          <SignInAgain />
        </p>
      )}
    </SeenNotice>
  )
}

/**
 * A notice that comes into view whenever something new is said, wherever on the page that was done. It takes the focus,
 * since what had it is often gone, such as a button for what was selected.
 */
export function SeenNotice({
  kind,
  said,
  children,
}: {
  kind: Said['kind']
  /** What is said; another one is something new. */
  said: unknown
  children: ComponentChildren
}) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // After a dialog that is closing has given the focus back. A dialog that stays open keeps it.
    const frame = requestAnimationFrame(() => {
      if (document.querySelector('dialog[open]') === null) place.current?.focus({ preventScroll: true })
      place.current?.scrollIntoView({ block: 'nearest' })
    })
    return () => cancelAnimationFrame(frame)
  }, [said])
  return (
    <div ref={place} tabIndex={-1} class="seen-notice">
      <Notice kind={kind}>{children}</Notice>
    </div>
  )
}
