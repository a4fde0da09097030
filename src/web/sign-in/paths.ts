/** Where the pages' forms are sent: to sign in, to sign out, and to sign in with the admin password. */
export const SIGN_IN_PATH = '/_latchkey/sign-in'
export const SIGN_OUT_PATH = '/_latchkey/sign-out'
export const ADMIN_SIGN_IN_PATH = '/_latchkey/admin-sign-in'
/** The field of the form of signing out that ends the sessions in all browsers; any value does. */
export const EVERYWHERE = 'everywhere'
