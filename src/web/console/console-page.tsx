import type { FunctionComponent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useWords } from '../kit/locale.tsx'
import { Notice } from '../kit/notice.tsx'
import type { Page } from '../kit/page.ts'
import { SIGN_OUT_PATH } from '../sign-in/paths.ts'
import { consoleWords } from '../words/console/frame.ts'
import { AccountsView } from './accounts/accounts-view.tsx'
import { CodesView } from './codes/codes-view.tsx'
import { ConsoleContext } from './context.ts'
import { LogView } from './log/log-view.tsx'
import { OverviewView } from './overview/overview-view.tsx'
import { PolicyView } from './policy/policy-view.tsx'
import { type ConsoleProps, type View, VIEWS } from './props.ts'
import { pathOf } from './paths.ts'
import { TreeView } from './tree/tree-view.tsx'

const BODIES: Readonly<Record<View, FunctionComponent>> = {
  overview: OverviewView,
  codes: CodesView,
  accounts: AccountsView,
  tree: TreeView,
  policy: PolicyView,
  log: LogView,
}

/** The operators' console. */
export const consolePage: Page<'console'> = {
  title: ({ view }, { language, hostname }) => `${consoleWords[language].views[view]} · ${hostname}`,
  width: 'console',
  script: 'console',
  hydrated: true,
  HeaderEnd: WhoIsIn,
  Body: (props) => {
    const View = BODIES[props.view]
    const words = useWords(consoleWords)
    return (
      <ConsoleContext.Provider value={props}>
        <Views current={props.view} />
        <h1>{words.views[props.view]}</h1>
        <noscript>
          <Notice kind="wrong">{words.withoutScripts}</Notice>
        </noscript>
        <View />
      </ConsoleContext.Provider>
    )
  },
}

/** The way from view to view. Where there is no room for all of them, the current one stands in the middle. */
function Views({ current }: { current: View }) {
  const words = useWords(consoleWords)
  const nav = useRef<HTMLElement>(null)
  const link = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    if (nav.current === null || link.current === null) return
    const before = link.current.offsetLeft - nav.current.offsetLeft
    // At once, and sideways only: whoever reads further down stays there.
    nav.current.scrollLeft = before - (nav.current.clientWidth - link.current.offsetWidth) / 2
  }, [current])
  return (
    <nav class="views" aria-label={words.console} ref={nav}>
      {VIEWS.map((view) => (
        <a
          key={view}
          href={pathOf(view)}
          {...(view === current ? { 'aria-current': 'page' as const, ref: link } : {})}
        >
          {words.views[view]}
        </a>
      ))}
    </nav>
  )
}

function WhoIsIn({ operator: { handle }, csrf }: ConsoleProps) {
  const words = useWords(consoleWords)
  return (
    <form method="post" action={SIGN_OUT_PATH} class="signed-in">
      <span class="muted signed-in-as">{handle === null ? words.password : `@${handle}`}</span>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="to" value="admin" />
      <button type="submit" class="button button-quiet">
        {words.signOut}
      </button>
    </form>
  )
}
