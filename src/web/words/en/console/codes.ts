import { number, plural } from '../../format.ts'

const codes = (count: number) => plural('en', count, { one: '1 code', other: `${number('en', count)} codes` })
const accounts = (count: number) =>
  plural('en', count, { one: '1 account', other: `${number('en', count)} accounts` })
const people = (count: number) =>
  plural('en', count, { one: 'one person', other: `${number('en', count)} people` })

const codesOf = (count: number, owners: number) =>
  owners === 0 ? codes(count) : `${codes(count)} of ${accounts(owners)}`

export const consoleCodes = {
  table: 'Invite codes',
  search: 'Search',
  query: 'Code, account, handle or note',
  state: 'State',
  anyState: 'In any state',
  states: { open: 'open', usedUp: 'used up', expired: 'expired', disabled: 'disabled' },
  kind: 'Kind',
  anyKind: 'Of any kind',
  kinds: { gifted: 'gifted', earned: 'earned' },
  sort: 'Order',
  sorts: { recent: 'Newest first', usage: 'Most used first' },
  create: 'Create codes',
  give: 'Give to everyone',
  export: 'Export as CSV',
  code: 'Code',
  uses: 'Used',
  usesOf: (used: number, available: number) => `${number('en', used)} of ${number('en', available)}`,
  reserved: (count: number) =>
    plural('en', count, {
      one: '1 sign-up in progress',
      other: `${number('en', count)} sign-ups in progress`,
    }),
  owner: 'Owner',
  operator: 'the operator',
  created: 'Created',
  expires: 'Expires',
  never: 'never',
  note: 'Note',
  pick: 'Select',
  select: (code: string) => `Select ${code}`,
  selectAll: 'Select all on this page',
  selected: (count: number) => `${codes(count)} selected`,
  none: 'There are no codes yet.',
  noneNext: 'Members earn them with time, or an administrator creates some.',
  nothing: 'No code is like that.',
  nothingNext: 'Show all codes',
  ended: 'There are no more codes here.',
  back: 'Previous page',
  shown: (count: number) => `${codes(count)} on this page`,
  titles: {
    create: 'Create codes',
    give: 'Give codes to everyone',
    look: 'Invite code',
    replace: 'Replace this code?',
  },
  copyCode: 'Copy code',
  copyLink: 'Copy link',
  copyAll: 'Copy all',
  joined: 'Joined with it',
  joinedNewest: (count: number) => `Joined with it, the newest ${number('en', count)}`,
  nobodyJoined: 'Nobody yet.',
  handOn: 'Send somebody the link.',
  letsNobodyIn: 'As it stands it lets nobody in; an administrator can create another.',
  handOnNew: 'Hand on the new code in its place.',
  replace: 'Replace',
  disable: 'Disable',
  enable: 'Enable again',
  cancel: 'Cancel',
  close: 'Done',
  change: 'Change',
  noteHint: 'Why, or what for. Operators see it.',
  disableTitle: (count: number) => `Disable ${codes(count)}?`,
  enableTitle: (count: number) => `Enable ${codes(count)} again?`,
  disableText: (count: number, owners: number) =>
    `${codesOf(count, owners)} ${count === 1 ? 'lets' : 'let'} nobody in from then on. Sign-ups in progress may finish. You can undo it in the log.`,
  enableText: (count: number, owners: number) =>
    `${codesOf(count, owners)} ${count === 1 ? 'works' : 'work'} again.`,
  disableNothing: 'All of them are disabled already.',
  enableNothing: 'None of them is disabled.',
  disabled: (count: number) => `${codes(count)} disabled.`,
  enabled: (count: number) => `${codes(count)} enabled again.`,
  seeLog: 'See it in the log',
  replaceText: (left: number) =>
    `It stops working at once. A new one takes its place, for the same owner and good for the ${people(left)} that this one has left.`,
  replaceLast: 'All that it has left is held by sign-ups in progress, so it cannot be replaced now.',
  replaced: 'Replaced. The old code is disabled.',
  newCode: 'The new code',
  joinedOld: 'Joined with the old code',
  count: 'How many codes',
  each: 'Codes for each account',
  usesEach: 'Good for how many people each',
  expiry: 'Last day',
  expiryHint: 'It ends with this day, in UTC. Leave it empty for codes that never expire.',
  ownerHint: 'Handle or DID of a member. Leave it empty for codes of the server.',
  make: 'Create',
  making: (count: number, uses: number, owner: string) =>
    `This makes ${codes(count)}${count === 1 ? '' : ','} good for ${people(count * uses)}${count === 1 ? '' : ' in all'}, ${
      owner === '' ? 'for the server' : `for ${owner}`
    }. You can undo it in the log.`,
  made: (count: number) => `${codes(count)} created.`,
  andMore: (count: number) => `and ${number('en', count)} more`,
  giveText:
    'Every active account gets them, but for those whose invites are disabled. Nothing happens before you have seen how many.',
  preview: 'See what it does',
  giving: (count: number, owners: number) =>
    owners === 0
      ? 'No account can be given codes.'
      : `${codes(count)} for ${accounts(owners)}. Members see them right away. You can undo it in the log.`,
  giveNow: (count: number) => `Give ${codes(count)}`,
  given: (count: number, owners: number) => `${codes(count)} given to ${accounts(owners)}.`,
  unknownAccount: 'No account of this server is called that.',
  notOpen: 'It has no uses left, or is expired or disabled.',
  notTakenOver: 'It is still the PDS’s own. Take the codes of the PDS over first.',
  underWay: 'The same was begun a moment ago and is not finished. The log tells how far it is.',
  stopped: 'Somebody undid it while it went on.',
}
