import { number, plural } from '../../format.ts'

const n = (count: number) => number('en', count)

export const consoleOverview = {
  closed: 'Sign-ups are closed',
  closedNext: 'Nobody can sign up until this is mended. Latchkey looks again by itself.',
  paused: 'Sign-ups are paused',
  pausedSince: 'Since ',
  pausedAll: 'Nobody can sign up.',
  pausedExceptMigrations: 'Only accounts that move here from another server get in.',
  pausedMessage: 'People at the door are told:',
  open: 'Sign-ups are open',
  openText: (count: number) =>
    count === 0
      ? 'Nobody is signing up right now.'
      : plural('en', count, {
          one: '1 sign-up is in progress.',
          other: `${n(count)} sign-ups are in progress.`,
        }),
  unsettled: (count: number) =>
    plural('en', count, {
      one: 'The outcome of 1 sign-up is not known yet.',
      other: `The outcome of ${n(count)} sign-ups is not known yet.`,
    }),
  unsettledNext: (count: number) =>
    plural('en', count, {
      one: 'Latchkey asks the PDS until it is; its code is held until then.',
      other: 'Latchkey asks the PDS until it is; their codes are held until then.',
    }),
  pause: 'Pause sign-ups',
  pauseTitle: 'Pause sign-ups?',
  pauseText: 'Both doors close at once. Sign-ups that are in progress still end.',
  message: 'What people at the door are told',
  messageHint: 'Left empty, Latchkey says that sign-ups are paused.',
  exceptMigrations: 'Let accounts in that move here from another server',
  keep: 'Keep them open',
  resume: 'Resume sign-ups',
  isPaused: 'Sign-ups are paused now.',
  isResumed: 'Sign-ups are open again.',
  perDay: 'Sign-ups per day',
  total: (count: number) =>
    plural('en', count, { one: '1 in the last thirty days', other: `${n(count)} in the last thirty days` }),
  onDay: (day: string, count: number) =>
    `${day}: ${plural('en', count, { one: '1 sign-up', other: `${n(count)} sign-ups` })}`,
  chartKeys: 'The arrow keys go from day to day.',
  noSignUps: 'Nobody has signed up in the last thirty days.',
  noSignUpsNext: 'Create a code for somebody',
  codes: 'Codes',
  states: { open: 'open', usedUp: 'used up', expired: 'expired', disabled: 'disabled' },
  noCodes: 'There are no codes yet.',
  noCodesNext: 'Create the first ones',
  inProgress: 'In progress',
  ended: 'Ended lately',
  noneEnded: 'No sign-up has ended yet.',
  noneEndedNext: 'Share a code, and the first one shows up here.',
  who: 'Who',
  wanted: (name: string) => `wanted ${name}`,
  code: 'Code',
  state: 'What is known',
  started: 'Began',
  settled: 'Ended',
  door: { createAccount: 'by an app or an invite page', oauth: 'by the server’s sign-in page' },
  signUpStates: {
    reserved: 'about to be sent to the PDS',
    forwarded: 'at the PDS',
    settling: 'not known yet, the PDS is asked',
    committed: 'joined',
    released: 'nobody came in, the code is free again',
  },
}
