/** Latchkey broke a promise. The details are for who looks into it. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly details: Readonly<Record<string, unknown>>

  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super(`${message}: ${JSON.stringify(details)}`)
    this.details = details
  }
}
