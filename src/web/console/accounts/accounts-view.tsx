import { useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { tell } from '../../browser/call.ts'
import { announce } from '../../browser/enhance.ts'
import { Button } from '../../kit/button.tsx'
import { EmptyState } from '../../kit/empty-state.tsx'
import { useWords } from '../../kit/locale.tsx'
import { consoleAccountsWords } from '../../words/console/accounts.ts'
import { type Account, AccountTable } from './table.tsx'
import { type InvitesChange, InvitesDialog } from './invites.tsx'
import { Outcome, useActing } from '../acting.tsx'
import { useConsole, useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { pathOf } from '../paths.ts'
import { SearchForm } from '../search-form.tsx'

type Page = app.latchkey.admin.listAccounts.$OutputBody

const AT_ONCE = 50

/** Accounts, the newest first or those that are looked for. */
export function AccountsView() {
  const words = useWords(consoleAccountsWords)
  const { csrf } = useConsole()
  const [query, setQuery] = useState('')
  const [loaded, again] = useLoaded(
    async () => ({ query, page: await tell('app.latchkey.admin.listAccounts', inputFor(query), csrf) }),
    [query],
  )
  return (
    <>
      <SearchForm label={words.search} hint={words.searchHint} action={words.find} onSearch={setQuery} />
      <Shown loaded={loaded} again={again}>
        {(value) => (
          <Found key={value.query} query={value.query} first={value.page} onAll={() => setQuery('')} />
        )}
      </Shown>
    </>
  )
}

function inputFor(query: string) {
  return { ...(query !== '' && { query }), limit: AT_ONCE }
}

function Found({ query, first, onAll }: { query: string; first: Page; onAll: () => void }) {
  const words = useWords(consoleAccountsWords)
  const { csrf } = useConsole()
  const [accounts, setAccounts] = useState(first.accounts)
  const [cursor, setCursor] = useState(first.cursor)
  const acting = useActing()
  const [asked, setAsked] = useState<Account | null>(null)

  const more = () =>
    acting.act(async () => {
      const page = await tell('app.latchkey.admin.listAccounts', { ...inputFor(query), cursor }, csrf)
      setAccounts([...accounts, ...page.accounts])
      setCursor(page.cursor)
      announce(words.moreCame(page.accounts.length))
      return undefined
    })
  const onChanged = ({ did, disabled, note }: InvitesChange) =>
    setAccounts(
      accounts.map((account) =>
        account.person.did === did
          ? { ...account, invitesDisabled: disabled, ...(note !== undefined && { note }) }
          : account,
      ),
    )

  if (accounts.length === 0 && query === '')
    return (
      <EmptyState fact={words.none}>
        <a href={pathOf('codes')}>{words.noneNext}</a>
      </EmptyState>
    )
  if (accounts.length === 0)
    return (
      <EmptyState fact={words.notFound(query)}>
        <Button onClick={onAll}>{words.all}</Button>
      </EmptyState>
    )
  return (
    <>
      <Outcome said={acting.said} />
      <AccountTable accounts={accounts} onInvites={setAsked} />
      {cursor !== undefined && (
        <Button onClick={() => void more()} aria-disabled={acting.isBusy}>
          {words.more}
        </Button>
      )}
      {asked !== null && (
        <InvitesDialog account={asked} acting={acting} onChanged={onChanged} onClose={() => setAsked(null)} />
      )}
    </>
  )
}
