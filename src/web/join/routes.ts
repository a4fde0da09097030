import type { WebAnswer, WebRequest, WebRoute } from '../routing.ts'
import { isName, readFilled } from './filled.ts'
import { stateOf } from './handle-state.ts'
import { invite, joinedWith, NOT_GOOD } from './invite.ts'
import { codeOf, doneOf, linkOf } from './link.ts'
import { HANDLE_PATH, JOIN_PATH } from './paths.ts'
import type { JoinPorts } from './ports.ts'
import { signUp } from './signing-up.ts'

/** The addresses of the invitation page. */
export function joinRoutes(ports: JoinPorts): readonly WebRoute[] {
  return [
    // A link that lost its end is one that lets nobody in.
    { verb: 'GET', path: JOIN_PATH, answer: async () => NOT_GOOD },
    {
      verb: 'GET',
      path: `${JOIN_PATH}/:code`,
      answer: (request, frame) => invite(ports, request, codeOf(request, frame)),
    },
    { verb: 'POST', path: `${JOIN_PATH}/:code`, answer: (request, frame) => signUp(ports, request, frame) },
    {
      verb: 'GET',
      path: `${JOIN_PATH}/:code/done`,
      answer: async (request, frame) => {
        const code = codeOf(request, frame)
        const joined = await joinedWith(ports, request, code)
        if (joined === undefined) return { place: linkOf(code) }
        const { handle, isSure } = joined
        if (isSure) return { page: 'joined', props: { handle } }
        return {
          page: 'pending',
          props: { handle, why: 'may exist', link: linkOf(code), done: doneOf(code) },
        }
      },
    },
    { verb: 'GET', path: HANDLE_PATH, answer: (request) => handleState(ports, request) },
  ]
}

/** Whether a handle is free, for the form to say while it is filled in. */
async function handleState(ports: JoinPorts, request: WebRequest): Promise<WebAnswer> {
  const host = await ports.host()
  if (host === undefined) return { status: 503, json: { state: 'unknown' } }
  const { values, handle, isOffered } = readFilled(request.query, host.domains)
  if (!isName(values.name)) return { json: { state: 'bad', handle } }
  if (!isOffered) return { json: { state: 'unknown' } }
  const state = await stateOf(ports, request, handle)
  return state === 'too many' ? { status: 429, json: { state: 'unknown' } } : { json: { state, handle } }
}
