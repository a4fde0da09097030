import { com } from '../../src/lexicons/index.ts'
import { judge } from './judge.ts'
import { type Actor, count, drawMember, get, type Member, type Scene, urlOf } from './scene.ts'
import { Violation } from './violation.ts'

/** How a member asks. */
export interface Question {
  readonly includeUsed: boolean
  readonly createAvailable: boolean
  /** Which process of Latchkey's. */
  readonly process: number
}

/** The four ways in which the method can be asked. */
export const WAYS = [true, false].flatMap((includeUsed) =>
  [false, true].map((createAvailable) => ({ includeUsed, createAvailable })),
)

/**
 * Answers that say that the database was busy for longer than anybody should wait, or that a connection to the PDS broke:
 * nobody is told anything wrong by them.
 */
const NO_ANSWER = new Set(['DuplicateCreate', 'ServiceUnavailable', 'UpstreamFailure'])
/** The share of them that is too much. */
const TOO_OFTEN = 0.05

/**
 * Members who ask for their codes as fast as they can, at both processes, and hold each answer against the history. They
 * ask a few times in a row, so that an answer that was kept has its chance to be given again.
 */
export function readersOf(scene: Scene, size: number): readonly Actor[] {
  return Array.from({ length: size }, (_, index) => ({
    name: `reader ${index}`,
    pause: [0, index === 0 ? 40 : 3] as const,
    step: async (chance) => {
      const member = drawMember(scene, chance)
      const way = chance.pick(WAYS)
      const processes = Array.from({ length: chance.whole(1, 4) }, () => chance.whole(0, 1))
      for (const process of processes) await ask(scene, member, { ...way, process })
    },
  }))
}

/**
 * Asks, and judges the answer.
 *
 * A member must be refused when it was known that the account is taken down before the request began, and nobody began
 * to undo that before the answer came; and must not be when it stood all that time.
 *
 * @throws {Violation}
 */
export async function ask(scene: Scene, member: Member, question: Question): Promise<void> {
  const { history } = scene
  const { includeUsed, createAvailable, process } = question
  const { $nsid } = com.atproto.server.getAccountInviteCodes
  const url = `${urlOf(scene, process)}/xrpc/${$nsid}?includeUsed=${includeUsed}&createAvailable=${createAvailable}`
  const { isDown, turns, did } = member
  const lower = history.look()
  const begun = Date.now()
  const heard = await get(url, member.authorization)
  const ended = Date.now()
  const upper = history.look()
  const standing = turns === member.turns ? isDown : 'perhaps'
  const fail = (message: string, found: object = {}) => {
    const request = { ...question, lower, upper, begun, ended }
    return new Violation(message, { member: did, request, isDown: standing, ...found, answer: heard })
  }

  if (heard?.status === 200) {
    if (standing === true) throw fail('a member was answered whose account is taken down')
    const asked = { did, includeUsed, createAvailable, lower, begun }
    const found = judge(history, asked, { codes: heard.body['codes'], upper, ended })
    if (found !== undefined) throw fail('a wrong answer', found)
    count(scene, 'answers checked')
    return
  }
  const error = heard?.body['error']
  if (typeof error === 'string' && NO_ANSWER.has(error)) {
    count(scene, `no answer: ${error}`)
    return
  }
  if (standing === false || heard === undefined || heard.status >= 500) throw fail('a member was refused')
  count(scene, 'refusals checked')
}

/** @throws {Violation} when so few answers came that they prove little */
export function requireAnswers({ tally }: Scene): void {
  const none = [...NO_ANSWER].reduce((sum, error) => sum + (tally.get(`no answer: ${error}`) ?? 0), 0)
  const answers = tally.get('answers checked') ?? 0
  if (none > TOO_OFTEN * answers) throw new Violation('too many had no answer', { none, answers })
}
