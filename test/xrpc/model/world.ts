import { Readable } from 'node:stream'
import type { DatetimeString, DidString } from '@atproto/lex-schema'
import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import { MemberAuth } from '../../../src/auth/member.ts'
import { Verdicts } from '../../../src/auth/verdicts.ts'
import { GivingService } from '../../../src/invites/giving-service.ts'
import { Operations } from '../../../src/invites/operations.ts'
import type { Instant } from '../../../src/invites/types.ts'
import type { com } from '../../../src/lexicons/index.ts'
import { getAccountInviteCodes, nameOf } from '../../../src/xrpc/com.atproto.server.getAccountInviteCodes.ts'
import { ReadyAnswers } from '../../../src/xrpc/kit/ready-answers.ts'
import { type Bench, LIMITS, openBench, seededBytes } from '../../invites/service-bench.ts'
import type { Invitations } from './invitations.ts'
import type { Code, Flags, Member } from './things.ts'

type Shown = com.atproto.server.defs.InviteCode

/** What happened in all worlds, so that a test can tell that it was not about nothing. */
export class Tally {
  /** How often each thing was done, by its name. */
  readonly deeds = new Map<string, number>()
  /** How often the method answered those who may call it, by its parameters. */
  readonly answers = new Map<string, number>()
  /** How often of these the answer was ready. */
  readonly ready = new Map<string, number>()
}

/** Counts once more. */
export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, 1 + (counts.get(name) ?? 0))
}

/** The real thing: the method over its cache, its service and a store in a file. */
export class World implements AsyncDisposable {
  readonly bench: Bench
  readonly operations: Operations
  readonly giving: GivingService
  readonly tally: Tally
  /** The number of the firehose's last event. */
  seq = 0
  readonly #answer: ReturnType<typeof getAccountInviteCodes>['answer']

  private constructor(bench: Bench, tally: Tally) {
    const { service, store, host, pds } = bench
    this.bench = bench
    this.tally = tally
    const ports = { store, host, now: () => service.now() }
    this.operations = new Operations({
      ...ports,
      random: seededBytes(2),
      limits: LIMITS,
      findMembers: async () => pds.accounts,
      breathe: async () => undefined,
      nextTurn: async () => undefined,
    })
    this.giving = new GivingService({
      ...ports,
      random: seededBytes(3),
      invites: service,
      guesses: { blockedFor: async () => undefined, count: async () => undefined },
    })
    const answers = new (class extends ReadyAnswers {
      override get(did: string, asked: string, version: number, now: Instant): string | undefined {
        const ready = super.get(did, asked, version, now)
        if (ready !== undefined) count(tally.ready, asked)
        return ready
      }
    })(1_000_000)
    this.#answer = getAccountInviteCodes({ invites: service, members: membersOf(bench), answers }).answer
  }

  /** Members are those that the PDS of the bench has. */
  static async open(options: Parameters<typeof openBench>[0], tally: Tally): Promise<World> {
    return new World(await openBench(options), tally)
  }

  /** Calls the method, and compares all that it shows with the model. What chance made of new codes is learnt from it. */
  async look(model: Invitations, member: Member, flags: Flags): Promise<void> {
    const { includeUsed, createAvailable } = flags
    const answer = await this.#answer({
      search: `includeUsed=${includeUsed}&createAvailable=${createAvailable}`,
      credentials: { ...NO_CREDENTIALS, authorization: `Bearer ${tokenOf(member.did)}` },
      body: { headers: {}, stream: Readable.from([]) },
      address: '192.0.2.1',
    })
    if (member.status !== 'active') {
      expect(answer, `for ${member.did}, who is ${member.status}`).toMatchObject({ refusal: { status: 400 } })
      return
    }
    count(this.tally.answers, nameOf(flags))
    if (!('text' in answer)) throw new Error(`${member.did} was refused`)
    const { codes } = JSON.parse(answer.text) as { codes: readonly Shown[] }
    const expected = model.look(member, flags)
    this.#learn(model, expected, codes)
    expect(codes, `what ${member.did} is shown`).toEqual(expected.toSorted(byAge).map(view))
  }

  /** Learns what the codes of a member are called that an operator gave to all. */
  async learn(model: Invitations, member: Member): Promise<void> {
    const { codes } = await this.bench.store.memberSnapshot(member.did)
    this.#learn(
      model,
      model.codes.filter(({ owner }) => owner === member),
      codes,
    )
  }

  #learn(model: Invitations, expected: readonly Code[], found: readonly { readonly code: string }[]): void {
    const known = new Set(model.codes.map(({ name }) => name))
    const names = found.map(({ code }) => code).filter((name) => !known.has(name))
    for (const code of expected) if (code.name === '') code.name = names.shift() ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]()
  }
}

const NO_CREDENTIALS = {
  authorization: undefined,
  dpop: undefined,
  cookie: undefined,
  csrf: undefined,
  site: undefined,
  source: undefined,
  forwardedFor: '',
}

/** Whose token was found good before, and stays so. The PDS refuses whoever is not active. */
function membersOf({ store, pds, service }: Bench): MemberAuth {
  const isFollowing = () => true
  const verdicts = new Verdicts({ room: 100_000, now: () => 0, isFollowing })
  for (const did of pds.accounts.keys()) verdicts.remember(tokenOf(did), did, 0, Infinity)
  return new MemberAuth({
    store,
    verdicts,
    isFollowing,
    now: () => service.now(),
    secret: undefined,
    pds: {
      statusOf: async () => undefined,
      relay: async ({ headers }) => {
        const { sub = '' } = decodeJwt(String(headers['authorization']).slice('Bearer '.length))
        const { status = 'active' } = (await store.standing(sub)) ?? {}
        return { status: status === 'active' ? 200 : 400, headers: new Headers(), body: new Uint8Array() }
      },
    },
  })
}

/** Like a session of the PDS, as far as it is looked at. */
function tokenOf(did: string): string {
  return `e30.${Buffer.from(JSON.stringify({ sub: did })).toString('base64url')}.`
}

/** By `(createdAt, code)`. */
function byAge(one: Code, other: Code): number {
  return one.madeAt - other.madeAt || (one.name < other.name ? -1 : 1)
}

function view({ name, owner, isRoutine, madeAt, available, uses }: Code): Shown {
  const newestFirst = uses.toSorted((one, other) => other.at - one.at || (one.by < other.by ? -1 : 1))
  return {
    code: name,
    available,
    disabled: false,
    forAccount: owner.did,
    createdBy: isRoutine ? owner.did : 'admin',
    createdAt: isoOf(madeAt),
    uses: newestFirst.map(({ by, at }) => ({ usedBy: by as DidString, usedAt: isoOf(at) })),
  }
}

function isoOf(instant: Instant): DatetimeString {
  return new Date(instant).toISOString() as DatetimeString
}
