/** Who invites, as far as anybody may know. */
export interface Inviter {
  readonly did: string
  /** Null when it is not known. */
  readonly handle: string | null
  /** The name of their profile; null when they gave none. */
  readonly name: string | null
  readonly hasAvatar: boolean
}

/** The fields of the form, by the name of their input. */
export type FieldName = 'name' | 'email' | 'password' | 'consent'

/** What is wrong: a sentence of ours, or what the host said, for which we have none. */
export type FormError = string | { readonly quoted: string }

/** What the form says when it did not work; `form` is not about one field. */
export type FormErrors = Partial<Record<FieldName | 'form', FormError>>

/** The page of an invite that lets somebody in. */
export interface JoinProps {
  readonly code: string
  /** The address of this page, for the QR code. */
  readonly link: string
  /** Null for the operator's own codes. */
  readonly inviter: Inviter | null
  /** How many can still come with it; null when that was not looked at. */
  readonly left: number | null
  /** When it ends, as an ISO string; null for never. */
  readonly expiresAt: string | null
  /** What a handle may end with, each with its leading dot; the first is proposed. Empty: no form. */
  readonly domains: readonly string[]
  readonly terms: string | null
  readonly privacy: string | null
  /** Where the operator reads e-mail. */
  readonly contact: string | null
  /** Why nobody can sign up now; null when they can. */
  readonly closed: Closed | null
  /** Who signed up with it in this browser already; null when nobody did. */
  readonly joined: {
    readonly handle: string
    /** Whether the account is known to exist. */
    readonly isSure: boolean
    /** The path of the page after that sign-up. */
    readonly place: string
  } | null
  /** What was typed before; the password never is. */
  readonly values: {
    readonly name: string
    readonly domain: string
    readonly email: string
    readonly consent: boolean
  }
  readonly errors: FormErrors
  /** Goes along with the form, and belongs to a cookie; null where there is no form. */
  readonly csrf: string | null
}

/** Why nobody can sign up for the moment, however good their invite is. */
export interface Closed {
  /** What the operator says to it; null when that is nothing. */
  readonly message: string | null
  /** Whether the operator paused sign-ups, rather than something being out of order. */
  readonly isPaused: boolean
  /** Whether accounts can still move here. */
  readonly migrationsGoOn: boolean
}

/** The page after a sign-up of which nobody knows yet whether it worked. */
export interface PendingProps {
  readonly handle: string
  readonly why: 'in progress' | 'may exist'
  /** The path of the invite, for whoever has to try again. */
  readonly link: string
  /** The path of the page that tells how it went, once that is known. */
  readonly done: string
}

/** The page after a sign-up. */
export interface DoneProps {
  readonly handle: string
}

/** Why an invite lets nobody in, as far as it is told. */
export interface RefusedProps {
  readonly why: 'not good' | 'too many'
}
