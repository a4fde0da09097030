/** What a snippet has to know of an installation. */
export interface Installation {
  /** The public host name; handles are its subdomains. */
  readonly hostname: string
  /** Where the reverse proxy reaches Latchkey: `host:port`. */
  readonly latchkey: string
  /** Where it reaches the PDS, as it did before. */
  readonly pds: string
  /** The folder of the reverse proxy's own logs. */
  readonly logs: string
}

/** Configuration of a reverse proxy for the routes mode, by the place where it stands. */
export interface Snippet {
  /** Stands outside of all sites: a mere comment where nothing has to. */
  readonly global: string
  /** Stands in the site of the PDS. */
  readonly site: string
}
