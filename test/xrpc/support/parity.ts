import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import type { FrontedWorld } from '../../support/latchkey.ts'
import { exchange, type Received, type Sent } from './exchange.ts'

/** The same request put to both servers. */
export type Answers = Readonly<Record<'pds' | 'latchkey', Received>>

/** What an XRPC error tells. */
export interface Told {
  readonly status: number
  readonly error?: unknown
  readonly message?: unknown
}

type Recipe = Sent | (() => Sent | Promise<Sent>)

/** Puts a request to the PDS itself and then to Latchkey. @param recipe called for each, where a request is good once only */
export async function askBoth({ url, world }: FrontedWorld, recipe: Recipe): Promise<Answers> {
  const make = async () => (typeof recipe === 'function' ? recipe() : recipe)
  const pds = await exchange(world.pds.url, await make())
  return { pds, latchkey: await exchange(url, await make()) }
}

/** The words of an answer, for comparing. */
export function told({ status, error, message }: Received): Told {
  return { status, error, message }
}

/** Expects of an answer all that a client can see of a refusal: its words, and the headers that clients act on. */
export function expectSameRefusal({ pds, latchkey }: Answers): void {
  expect(visible(latchkey)).toEqual(visible(pds))
}

/**
 * How the PDS's answer to the same request compares: word for word; the same status and name in other words; or, where
 * ours differs on purpose, what the PDS says.
 */
export type PdsSays = 'the same' | 'the same in other words' | Told

/** Expects an answer of Latchkey, and that the PDS answers as the test says, so that a new version is noticed. */
export function expectAnswers(answers: Answers, latchkey: Told, pds: PdsSays): void {
  expect(told(answers.latchkey)).toEqual(latchkey)
  if (pds === 'the same') expectSameRefusal(answers)
  else if (pds === 'the same in other words') {
    expect(told(answers.pds)).toEqual({ ...latchkey, message: expect.any(String) })
    expect(answers.pds.message).not.toBe(latchkey.message)
  } else expect(told(answers.pds)).toEqual(pds)
}

function visible(received: Received) {
  const { headers } = received
  return {
    ...told(received),
    type: headers['content-type'],
    challenge: headers['www-authenticate'],
    hasNonce: headers['dpop-nonce'] !== undefined,
    origin: headers['access-control-allow-origin'],
    exposed: headers['access-control-expose-headers'],
  }
}

/** All that Latchkey knows of codes, accounts and sign-ups, for telling that a request changed nothing. */
export function storeContents({ databasePath }: FrontedWorld): unknown {
  using database = new DatabaseSync(databasePath, { readOnly: true })
  const tables = ['invite_code', 'invite_use', 'reservation', 'account']
  return tables.map((table) =>
    // What the firehose brings comes when it comes, whoever asks.
    database
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map(({ status_seq: _seq, arrived_at: _at, ...row }) => row),
  )
}
