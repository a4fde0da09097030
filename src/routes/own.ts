import { CREATE_ACCOUNT_PATH } from '../gate/doors/create-account.ts'
import { OAUTH_SIGN_UP_PATH } from '../gate/doors/oauth-sign-up.ts'
import { LISTING_NSID } from '../xrpc/com.atproto.admin.getInviteCodes.ts'
import { METHOD_NSIDS } from '../xrpc/methods.ts'

/** Single paths that a reverse proxy has to send to Latchkey: the methods, both doors, and the client of its sign-in. */
const PATHS: readonly string[] = [
  ...METHOD_NSIDS.map((nsid) => `/xrpc/${nsid}`),
  CREATE_ACCOUNT_PATH,
  OAUTH_SIGN_UP_PATH,
  '/oauth-client-metadata.json',
]

/** Where links that hold an invite code begin; the code is the next part of the path. */
export const LINK_PATH = '/join'

/** Paths that belong to Latchkey with all that lies under them. The PDS serves nothing there. */
export const FOLDERS: readonly string[] = ['/_latchkey', '/invites', LINK_PATH, '/admin']

/** Paths that belong to Latchkey with all that goes on from there: the methods of its own lexicons. */
const BEGINNINGS: readonly string[] = ['/xrpc/app.latchkey.']

/**
 * What a request's target (path and query) looks like when it is one of Latchkey's, to be read in any letter case as the
 * PDS reads it. In the syntax that PCRE and RE2 share.
 */
export const OWN_TARGET = `^(?:(?:${anyOf(PATHS)})/?(?:\\?|$)|(?:${anyOf(FOLDERS)})(?:[/?]|$)|(?:${anyOf(BEGINNINGS)}))`

/** Characters that mean to every server what they look like; the first of a segment is one of them, after one dot at most. */
const FIRST = '[\\w~@:-]'
const NEXT = '[\\w.~@:-]*'

/** Escapes of `$ & + , : = @ ~`, which clients put into paths. Decoded they part no path and lead nowhere else. */
const HARMLESS_ESCAPE = '%(?:2[46BbCc]|3[AaDd]|40|7[Ee])'

const SEGMENTS = `(?:/\\.?${FIRST}${NEXT})*`
const ESCAPED_SEGMENTS = `(?:/\\.?(?:${FIRST}|${HARMLESS_ESCAPE})${NEXT}(?:${HARMLESS_ESCAPE}${NEXT})*)*`

/** Folders of the PDS's own pages. None of Latchkey's routes lies there. */
const PAGES = '/(?:account|oauth|\\.well-known)'

/**
 * What a target looks like that means to the PDS what it looks like: no empty and no dot segments, no `#`, backslash,
 * parameter or authority before the query, and nothing escaped but, in the folders of the PDS's pages, what leads out of
 * them in no reading. Only such a target may be judged by its looks. Any other goes to Latchkey, which knows the PDS's way
 * of reading, and sends on what is not its own.
 */
export const PLAIN_TARGET = `^(?:${SEGMENTS}|${PAGES}${ESCAPED_SEGMENTS})/?(?:\\?|$)`

/**
 * What stands before an invite code in a target or a referrer: the folder of links, plain or as part of a query; and the
 * query of a listing, whose cursor holds one.
 */
export const BEFORE_CODE = `(?:/|%2F)${LINK_PATH.slice(1)}(?:/|%2F)|${anyOf([LISTING_NSID])}[^?]*\\?`

/** Told at the methods and at the first door while Latchkey is down, in the PDS's shape. */
export const DOWN_XRPC = JSON.stringify({
  error: 'ServiceUnavailable',
  message: 'Invites and sign-ups are not available right now, try again in a moment',
})

/** The same at the second door, in the shape that the PDS's page reads. */
export const DOWN_OAUTH = JSON.stringify({
  error: 'temporarily_unavailable',
  error_description: 'Sign-ups are not available right now, try again in a moment',
})

/** Seconds after which a caller may try again. */
export const DOWN_RETRY_AFTER = 5

function anyOf(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll('.', '\\.')).join('|')
}
