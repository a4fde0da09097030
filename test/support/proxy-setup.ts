import type { Snippet } from '../../src/routes/snippet.ts'

/** What a reverse proxy is started with. */
export interface ProxySetup {
  readonly port: number
  /** Its site has this name, and all names under it. */
  readonly hostname: string
  /** Where the site sends everything that the snippet leaves to it. */
  readonly pds: string
  readonly snippet: Snippet
  /** What the operator has in the site besides, and beside the site. */
  readonly own?: { readonly inSite: string; readonly sites: string }
  /** Where the snippet says that logs go; made by whoever asked for the snippet. */
  readonly logs: string
}

/** A reverse proxy that listens. */
export interface RunningProxy extends AsyncDisposable {
  /** The path of its access log. */
  readonly accessLog: string
  /** What it said of failed requests so far. */
  readonly errorLog: () => string
}
