import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { CallError } from '../browser/call.ts'
import type { ConsoleProps } from './props.ts'

/** What every view knows: who looks, and what goes along with changes. */
export const ConsoleContext = createContext<ConsoleProps | null>(null)

export function useConsole(): ConsoleProps {
  const props = useContext(ConsoleContext)
  if (props === null) throw new Error('a view is shown outside the console')
  return props
}

/** Whether who looks may change things that moderators may not. */
export function useIsAdministrator(): boolean {
  return useConsole().operator.role === 'administrator'
}

/** What a view reads from the server: nothing yet, what came, or why nothing did. */
export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'here'; readonly value: T }
  | { readonly kind: 'failed'; readonly status: number }

/**
 * Reads when a view appears and whenever one of its dependencies changes. An answer that comes after a later question is
 * dropped.
 *
 * @returns what there is, and what reads it anew
 */
export function useLoaded<T>(
  load: () => Promise<T>,
  dependencies: readonly unknown[],
): readonly [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ kind: 'loading' })
  const [round, setRound] = useState(0)
  useEffect(() => {
    let isCurrent = true
    load().then(
      (value) => isCurrent && setLoaded({ kind: 'here', value }),
      (error: unknown) => {
        if (!(error instanceof CallError)) throw error
        if (isCurrent) setLoaded({ kind: 'failed', status: error.status })
      },
    )
    return () => {
      isCurrent = false
    }
  }, [...dependencies, round])
  return [loaded, () => setRound((before) => before + 1)]
}
