/** Where links to invites begin; the code follows. */
export const JOIN_PATH = '/join'

/** Where the form asks whether a handle is free. */
export const HANDLE_PATH = '/_latchkey/handle'
