import { number, plural } from '../../format.ts'

const n = (count: number) => number('en', count)

export const consolePolicy = {
  earns: (every: string, cap: number) =>
    `Members earn one code ${every}, up to ${plural('en', cap, { one: '1 open one', other: `${n(cap)} open ones` })} at a time.`,
  nobodyEarns: 'Nobody earns codes. Members have those that operators give them.',
  allTimeCounts: 'All the time counts since a member joined.',
  countsSince: 'Only time counts after ',
  every: {
    weeks: (count: number) => plural('en', count, { one: 'every week', other: `every ${n(count)} weeks` }),
    days: (count: number) => plural('en', count, { one: 'every day', other: `every ${n(count)} days` }),
    hours: (count: number) => plural('en', count, { one: 'every hour', other: `every ${n(count)} hours` }),
    minutes: (count: number) =>
      plural('en', count, { one: 'every minute', other: `every ${n(count)} minutes` }),
    seconds: (count: number) =>
      plural('en', count, { one: 'every second', other: `every ${n(count)} seconds` }),
  },
  fromSettings: (names: string) =>
    `Latchkey’s settings write this at every start: ${names}. What they write can be changed only there.`,
  change: 'Change it',
  doEarn: 'Members earn codes',
  interval: 'One code every',
  unit: 'Unit',
  units: { weeks: 'weeks', days: 'days', hours: 'hours', minutes: 'minutes', seconds: 'seconds' },
  epoch: 'Counted from',
  epochHint: 'Time before this day (UTC) does not count. Left empty, all of it does.',
  cap: 'Open codes at most',
  capHint: 'Whoever has so many open earned codes earns no more.',
  preview: 'See what it would do',
  releases: (codes: number, accounts: number) =>
    codes === 0
      ? 'This releases no codes right now.'
      : `This releases ${plural('en', codes, { one: '1 code', other: `${n(codes)} codes` })} at once, for ${plural(
          'en',
          accounts,
          { one: '1 member', other: `${n(accounts)} members` },
        )}. Each is made when its member looks.`,
  unknown: (count: number) =>
    plural('en', count, {
      one: '1 member is not counted, since the PDS could not be asked just now when they joined.',
      other: `${n(count)} members are not counted, since the PDS could not be asked just now when they joined.`,
    }),
  confirm: 'Change it for everybody',
  changed: 'Changed. It holds from now on.',
}
