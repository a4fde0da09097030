import { number, plural } from '../../format.ts'

const n = (count: number) => number('en', count)

export const consoleTree = {
  search: 'Find an account in the tree',
  searchHint: 'The beginning of a handle, or a whole DID.',
  find: 'Find',
  found: 'Found',
  notFound: (query: string) => `No account goes by “${query}”.`,
  notFoundNext: 'Try the first letters of its handle only.',
  way: 'The way to it',
  all: 'All',
  roots: 'Who came by the operators, or by no code that is known',
  invitedBy: (name: string) => `Invited by ${name}`,
  children: (count: number) => `invited ${n(count)}`,
  branch: (joined: number, atLeast: boolean) =>
    `${atLeast ? 'at least ' : ''}${plural('en', joined, {
      one: '1 in the branch',
      other: `${n(joined)} in the branch`,
    })}`,
  active: (count: number) => `${n(count)} active`,
  takenDown: (count: number) => `${n(count)} taken down`,
  joined: 'joined ',
  goOn: (name: string) => `Go on from ${name}`,
  moreOf: (name: string | null) => (name === null ? 'More' : `More of whom ${name} invited`),
  loadingOf: (name: string) => `Whom ${name} invited is being loaded`,
  nobody: (name: string) => `${name} has invited nobody yet.`,
  nobodyNext: 'Show the whole tree',
  empty: 'No account is known here yet.',
  emptyNext: 'Create a code for the first one',
  gone: 'This account is not known here.',
}
