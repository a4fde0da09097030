import { createHash, timingSafeEqual } from 'node:crypto'

/** Tells the operator by `Basic admin:<password>`. */
export class AdministratorAuth {
  readonly #digests: readonly Buffer[]

  /** @param passwords every one of them is accepted */
  constructor(passwords: readonly string[]) {
    this.#digests = [...new Set(passwords)].map(digest)
  }

  /** Whether an Authorization header carries one of the passwords, compared in constant time. */
  isAdministrator(authorization: string | undefined): boolean {
    const password = adminPassword(authorization)
    return password !== undefined && this.isPassword(password)
  }

  /** Whether an Authorization header carries a password of the administrator's, right or wrong. */
  isTried(authorization: string | undefined): boolean {
    return adminPassword(authorization) !== undefined
  }

  /** Whether this is one of the passwords, compared in constant time. */
  isPassword(password: string): boolean {
    const given = digest(password)
    return this.#digests.map((known) => timingSafeEqual(known, given)).includes(true)
  }
}

/** Digests have one length, so that comparing them tells nothing of the password's. */
function digest(password: string): Buffer {
  return createHash('sha256').update(password).digest()
}

function adminPassword(authorization: string | undefined): string | undefined {
  const encoded = /^basic ([^ ]+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  return decoded.startsWith('admin:') ? decoded.slice('admin:'.length) : undefined
}
