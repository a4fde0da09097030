/** Told how far a long piece of work is, for whoever waits for it. */
export interface Progress {
  /** A step begins; it ends when it is disposed of. @param total how much there is to do, where that is known */
  readonly begin: (what: string, total?: number) => ProgressStep
}

export interface ProgressStep extends Disposable {
  /** So much more is done. */
  readonly advance: (count: number) => void
}

/** For work that nobody waits for. */
export const SILENT: Progress = {
  begin: () => ({ advance: () => undefined, [Symbol.dispose]: () => undefined }),
}
