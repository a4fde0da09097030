/** Somebody who wants an account. */
export interface Person {
  readonly handle: string
  readonly email: string
  readonly password: string
}

let people = 0

/** Somebody new. */
export function newPerson(): Person {
  people += 1
  const name = `person${people}`
  return { handle: `${name}.test`, email: `${name}@mail.test`, password: 'long-enough-22' }
}
