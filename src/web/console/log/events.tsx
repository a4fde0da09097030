import { useState } from 'preact/hooks'
import type { app } from '../../../lexicons/index.ts'
import { ask } from '../../browser/call.ts'
import { Button } from '../../kit/button.tsx'
import { EmptyState } from '../../kit/empty-state.tsx'
import { Field, SelectField } from '../../kit/field.tsx'
import { useLanguage, useWords } from '../../kit/locale.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { Time } from '../../kit/time.tsx'
import { consoleLogWords } from '../../words/console/log.ts'
import { moment } from '../../words/format.ts'
import { useLoaded } from '../context.ts'
import { Shown } from '../loaded.tsx'
import { AUDIT_ACTIONS, type AuditAction } from './actions.ts'
import { Actor, Subject } from './actor.tsx'
import { Detail } from './detail.tsx'
import { Pager, useSearch } from '../paging.tsx'

type Event = app.latchkey.admin.listEvents.Event

interface EventSearch {
  readonly actor?: string
  readonly action?: string
}

const EVERYTHING: EventSearch = {}
const AT_ONCE = 50

/** The audit log, newest first. @param undone grows when something was undone, which is in the log then */
export function LogEvents({ undone }: { undone: number }) {
  const words = useWords(consoleLogWords)
  const { search, paging, look, round, lookAtAll } = useSearch(EVERYTHING)
  const { cursor } = paging
  const [loaded, again] = useLoaded(
    () =>
      ask('app.latchkey.admin.listEvents', {
        ...search,
        limit: AT_ONCE,
        ...(cursor !== undefined && { cursor }),
      }),
    [search, cursor, undone],
  )
  return (
    <section class="stack">
      <h2>{words.events}</h2>
      <EventSearchForm key={round} onSearch={look} />
      <Shown loaded={loaded} again={again}>
        {(found) =>
          found.events.length === 0 ? (
            <EmptyState fact={words.noEvents}>
              <Button onClick={lookAtAll}>{words.noEventsNext}</Button>
            </EmptyState>
          ) : (
            <>
              <EventTable events={found.events} />
              <Pager of={words.eventsTable} paging={paging} cursor={found.cursor} />
            </>
          )
        }
      </Shown>
    </section>
  )
}

function EventSearchForm({ onSearch }: { onSearch: (search: EventSearch) => void }) {
  const words = useWords(consoleLogWords)
  const names: Readonly<Record<AuditAction, string>> = words.actions
  const [actor, setActor] = useState('')
  const [action, setAction] = useState('')
  const look = (wanted: string) =>
    onSearch({
      ...(actor.trim() !== '' && { actor: actor.trim() }),
      ...(wanted !== '' && { action: wanted }),
    })
  const send = (event: { preventDefault: () => void }) => {
    event.preventDefault()
    look(action)
  }
  return (
    <form role="search" class="log-search" onSubmit={send}>
      <SelectField
        name="action"
        label={words.what}
        value={action}
        onChange={({ currentTarget: { value } }) => {
          setAction(value)
          look(value)
        }}
      >
        <option value="">{words.anyAction}</option>
        {AUDIT_ACTIONS.map((one) => (
          <option key={one} value={one}>
            {names[one]}
          </option>
        ))}
      </SelectField>
      <Field
        name="actor"
        label={words.byWhom}
        hint={words.byWhomHint}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={actor}
        onInput={(event) => setActor(event.currentTarget.value)}
        end={
          <Button kind="quiet" type="submit">
            {words.show}
          </Button>
        }
      />
    </form>
  )
}

function EventTable({ events }: { events: readonly Event[] }) {
  const words = useWords(consoleLogWords)
  const language = useLanguage()
  const names: Readonly<Record<string, string>> = words.actions
  const nameOf = ({ action }: Event) => names[action] ?? action
  const columns: readonly Column<Event>[] = [
    { key: 'at', heading: words.when, cell: ({ at }) => <Time at={at} precise /> },
    { key: 'what', heading: words.what, cell: (event) => <div class="log-what">{nameOf(event)}</div> },
    {
      key: 'who',
      heading: words.who,
      cell: ({ actor, actorHandle }) => <Actor actor={actor} handle={actorHandle} />,
    },
    {
      key: 'to',
      heading: words.to,
      cell: ({ subject, subjectHandle }) => <Subject subject={subject} handle={subjectHandle} />,
    },
    {
      key: 'more',
      heading: words.more,
      cell: (event) => (
        <Detail detail={event.detail} label={words.detailsOf(nameOf(event), moment(language, event.at))} />
      ),
    },
  ]
  return <Table caption={words.eventsTable} columns={columns} rows={events} keyOf={({ id }) => id} />
}
