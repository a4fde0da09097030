import type { app } from '../../../lexicons/index.ts'
import { useLanguage, useWords } from '../../kit/locale.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleAccountsWords } from '../../words/console/accounts.ts'
import { number } from '../../words/format.ts'
import { useIsAdministrator } from '../context.ts'
import { placeInTree } from '../paths.ts'
import { nameOf, PersonName } from '../person.tsx'

export type Account = app.latchkey.admin.listAccounts.Account

/** Accounts with who invited them, their codes, and whether they get any. */
export function AccountTable({
  accounts,
  onInvites,
}: {
  accounts: readonly Account[]
  /** Somebody wants to turn an account's invites off or on. */
  onInvites: (account: Account) => void
}) {
  const words = useWords(consoleAccountsWords)
  const language = useLanguage()
  const columns: readonly Column<Account>[] = [
    { key: 'account', heading: words.account, cell: ({ person }) => <Name person={person} /> },
    {
      key: 'joined',
      heading: words.joined,
      cell: ({ joinedAt }) =>
        joinedAt === undefined ? <span class="muted">{words.unknown}</span> : <Time at={joinedAt} />,
    },
    { key: 'inviter', heading: words.invitedBy, cell: (account) => <Inviter account={account} /> },
    {
      key: 'invited',
      heading: words.invited,
      numeric: true,
      cell: ({ person, invited }) =>
        invited === 0 ? (
          number(language, 0)
        ) : (
          <a href={placeInTree(person.did)} aria-label={words.inTree(invited, nameOf(person))}>
            {number(language, invited)}
          </a>
        ),
    },
    {
      key: 'codes',
      heading: words.codes,
      numeric: true,
      cell: ({ open, codes }) => words.ofAll(open, codes),
    },
    {
      key: 'invites',
      heading: words.invites,
      cell: (account) => <Invites account={account} onInvites={onInvites} />,
    },
  ]
  return <Table caption={words.list} columns={columns} rows={accounts} keyOf={({ person }) => person.did} />
}

function Name({ person }: Pick<Account, 'person'>) {
  return (
    <>
      <PersonName person={person} />
      {person.handle !== undefined && <span class="muted cell-note">{person.did}</span>}
    </>
  )
}

function Inviter({ account: { invitedBy, invitedWith, direct } }: { account: Account }) {
  const words = useWords(consoleAccountsWords)
  if (direct === true) return <span class="state">{words.direct}</span>
  if (invitedWith === undefined) return <span class="muted">{words.noInviter}</span>
  return (
    <>
      {invitedBy === undefined ? words.byOperator : <PersonName person={invitedBy} />}
      <span class="cell-note">
        <code>{invitedWith}</code>
      </span>
    </>
  )
}

function Invites({ account, onInvites }: { account: Account; onInvites: (account: Account) => void }) {
  const words = useWords(consoleAccountsWords)
  const isAdministrator = useIsAdministrator()
  const { person, invitesDisabled, note } = account
  const name = nameOf(person)
  return (
    <>
      <span class="cell-action">
        <span class={invitesDisabled ? 'state state-disabled' : 'state state-open'}>
          {invitesDisabled ? words.off : words.on}
        </span>
        {(!invitesDisabled || isAdministrator) && (
          <button
            type="button"
            class="button button-quiet"
            aria-label={invitesDisabled ? words.turnOnFor(name) : words.turnOffFor(name)}
            onClick={() => onInvites(account)}
          >
            {invitesDisabled ? words.turnOn : words.turnOff}
          </button>
        )}
      </span>
      {note !== undefined && <span class="muted cell-note">{words.note(note)}</span>}
    </>
  )
}
