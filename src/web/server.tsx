import { renderToString } from 'preact-render-to-string'
import { brokenPage, notFoundPage } from './kit/errors.tsx'
import { Layout } from './kit/layout.tsx'
import { FrameContext } from './kit/locale.tsx'
import type { Page } from './kit/page.ts'
import { consolePage } from './console/console-page.tsx'
import { consoleSignInPage } from './console/sign-in-page.tsx'
import { invitesPage } from './invites/invites-page.tsx'
import { signInPage } from './invites/sign-in-page.tsx'
import { joinPage } from './join/join-page.tsx'
import { joinedPage } from './join/joined-page.tsx'
import { pendingPage } from './join/pending-page.tsx'
import { refusedPage } from './join/refused-page.tsx'
import type { Frame, Pages, Render } from './pages.ts'

/** Where the built files are; `scripts/web.ts` puts them in. */
declare const ASSETS: {
  readonly styles: string
  readonly font: string
  readonly scripts: Readonly<Record<NonNullable<Page<keyof Pages>['script']>, string>>
}

/** The mark on a tile of the accent, small enough to stand in the page. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b6e69"/>' +
    '<g fill="none" stroke="#f3c15c" stroke-width="2.8" stroke-linecap="round" stroke-linejoin="round">' +
    '<circle cx="10.5" cy="16" r="4.8"/><path d="M15.3 16h11v4M21.5 16v3.4"/></g></svg>',
)}`

const PAGES: { readonly [P in keyof Pages]: Page<P> } = {
  join: joinPage,
  joined: joinedPage,
  pending: pendingPage,
  invites: invitesPage,
  console: consolePage,
  'console-sign-in': consoleSignInPage,
  'sign-in': signInPage,
  refused: refusedPage,
  'not-found': notFoundPage,
  broken: brokenPage,
}

/** The one thing that the server takes from here. */
export const render: Render = (name, props, frame) =>
  `<!doctype html>${renderToString(<Document page={PAGES[name]} props={props} frame={frame} />)}`

function Document<P extends keyof Pages>({
  page,
  props,
  frame,
}: {
  page: Page<P>
  props: Pages[P]
  frame: Frame
}) {
  const { Body, HeaderEnd } = page
  const preview = page.preview?.(props, frame)
  const title = page.title(props, frame)
  return (
    <html lang={frame.language}>
      <head>
        <meta charset="utf-8" />
        <title>{title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1419" />
        {preview !== undefined && (
          <>
            <meta name="description" content={preview.description} />
            <meta property="og:type" content="website" />
            <meta property="og:site_name" content={frame.hostname} />
            <meta property="og:title" content={preview.title} />
            <meta property="og:description" content={preview.description} />
            <meta name="twitter:card" content="summary" />
            {preview.url !== undefined && <meta property="og:url" content={preview.url} />}
            {preview.image !== undefined && <meta property="og:image" content={preview.image} />}
          </>
        )}
        <link rel="icon" type="image/svg+xml" href={ICON} />
        <link rel="preload" href={ASSETS.font} as="font" type="font/woff2" crossorigin="anonymous" />
        <link rel="stylesheet" href={ASSETS.styles} />
        {page.script !== undefined && <script type="module" src={ASSETS.scripts[page.script]} />}
      </head>
      <body>
        <FrameContext.Provider value={frame}>
          <Layout width={page.width} end={HeaderEnd && <HeaderEnd {...props} />}>
            {page.hydrated === true ? (
              <div id="page" class="page">
                <Body {...props} />
              </div>
            ) : (
              <Body {...props} />
            )}
          </Layout>
        </FrameContext.Provider>
        {page.hydrated === true && <Told value={{ props, frame }} />}
      </body>
    </html>
  )
}

/** What a browser needs to take a page over. No `<` may end the element early. */
function Told({ value }: { value: unknown }) {
  const json = JSON.stringify(value).replaceAll('<', '\\u003c')
  return <script id="told" type="application/json" dangerouslySetInnerHTML={{ __html: json }} />
}
