import { setTimeout as sleep } from 'node:timers/promises'
import type { LivePds } from './live-pds.ts'

/** What people do at a public host all the time. */
export interface Traffic {
  /** Resolves when so many more rounds were begun and ended. */
  readonly rounds: (count: number) => Promise<void>
  /** @returns every request that failed, and who came with which code */
  readonly stop: () => Promise<{
    readonly failures: readonly string[]
    readonly arrivals: readonly (readonly [did: string, code: string])[]
  }>
}

/**
 * Begins rounds one after the other: somebody signs up with a code that was handed out long ago, somebody with one that
 * the operator makes at that moment, and members look at their codes and their sessions. In every other round people come
 * by the form of the OAuth pages.
 */
export function startTraffic(live: LivePds): Traffic {
  const failures: string[] = []
  const arrivals: [string, string][] = []
  const state = { begun: 0, ended: 0, isStopping: false }

  async function check(what: string, doing: () => Promise<{ status: number; body: unknown }>) {
    const answer = await doing().catch((error: unknown) => ({ status: 0, body: String(error) }))
    if (answer.status !== 200) failures.push(`${what}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer
  }

  async function join(what: string, code: string): Promise<void> {
    const { status, body } = await check(what, () => live.signUp(code))
    if (status === 200) arrivals.push([(body as { did: string }).did, code])
  }

  async function joinByForm(what: string, code: string): Promise<void> {
    const { status, body } = await check(`${what} by the form`, () => live.signUpByForm(code))
    if (status === 200) arrivals.push([(body as { account: { did: string } }).account.did, code])
  }

  async function round(): Promise<void> {
    state.begun += 1
    const come = state.begun % 2 === 0 ? joinByForm : join
    await Promise.all([
      come('a sign-up with an old code', live.shared),
      live.giftCode({ useCount: 1 }).then(
        (code) => come('a sign-up with a new code', code),
        (error: unknown) => failures.push(`a new code: ${String(error)}`),
      ),
      check('a member’s codes', () => live.asMember('com.atproto.server.getAccountInviteCodes')),
      check('a member’s session', () => live.asMember('com.atproto.server.getSession')),
    ])
    state.ended += 1
  }

  const running = (async () => {
    while (!state.isStopping) await round()
  })()

  return {
    rounds: async (count) => {
      const enough = state.ended + count + 1
      while (state.ended < enough) await sleep(20)
    },
    stop: async () => {
      state.isStopping = true
      await running
      return { failures, arrivals }
    },
  }
}
