import { join } from 'node:path'
import { fastifyStatic } from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { forwardedFor } from '../gate/proxy/proxy.ts'
import { FOLDERS } from '../routes/own.ts'
import { type Frame, type Render, TEXT_OF_NO_PAGES } from '../web/pages.ts'
import type { WebAnswer, WebRequest, WebRoute } from '../web/routing.ts'
import { languageFor } from '../web/words/language.ts'
import type { Route } from './front.ts'
import { pageHeaders } from './page-headers.ts'
import { logged } from './replies.ts'

/** The pages, and what all of them are told. */
export interface PagePorts {
  readonly routes: readonly WebRoute[]
  /** The built pages; undefined where nobody has built them. */
  readonly built: BuiltPages | undefined
  readonly frame: Omit<Frame, 'language'>
}

/** What `scripts/web.ts` has made. */
export interface BuiltPages {
  readonly render: Render
  /** The folder of what browsers load. */
  readonly folder: string
}

/** A year, in milliseconds: the names of files tell their contents. */
const FOR_EVER = 31_536_000_000

/**
 * Loads the built pages.
 *
 * @param folder `dist/web`
 * @returns undefined when they are not built
 */
export async function loadPages(folder: URL): Promise<BuiltPages | undefined> {
  try {
    const { render } = (await import(new URL('server.js', folder).href)) as { render: Render }
    return { render, folder: folder.pathname }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** What of the paths is the pages': their folders, and what stands outside of them. */
export function pagePaths({ routes }: PagePorts): readonly Route[] {
  const outside = routes.filter(({ path }) => !FOLDERS.some((folder) => `${path}/`.startsWith(`${folder}/`)))
  return [...FOLDERS.map((path) => ({ path, isFolder: true })), ...outside.map(({ path }) => ({ path }))]
}

/** Mounts the pages and what they load. */
export async function registerPages(app: FastifyInstance, ports: PagePorts): Promise<void> {
  for (const { verb, path, answer } of ports.routes) {
    app.route({
      method: verb,
      url: path,
      handler: async (request, reply) => {
        const frame = frameOf(ports, request)
        const answered = await answer(asWebRequest(request), frame).catch((error: unknown): WebAnswer => {
          const { status, retryAfter } = logged(reply, error)
          if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
          return { status, page: 'broken', props: {} }
        })
        return send(reply, ports, frame, answered)
      },
    })
  }
  if (ports.built === undefined) return
  await app.register(fastifyStatic, {
    root: join(ports.built.folder, 'assets'),
    prefix: '/_latchkey/assets/',
    index: false,
    decorateReply: false,
    immutable: true,
    // As `scripts/web.ts` has compressed it.
    preCompressed: true,
    maxAge: FOR_EVER,
    setHeaders: (reply) => {
      reply.header('x-content-type-options', 'nosniff').header('cross-origin-resource-policy', 'same-origin')
    },
  })
}

/** Answers for an address of the pages where nothing is. */
export function sendNotFound(reply: FastifyReply, ports: PagePorts): FastifyReply {
  return send(reply, ports, frameOf(ports, reply.request), { status: 404, page: 'not-found', props: {} })
}

function send(
  reply: FastifyReply,
  { built }: PagePorts,
  frame: Frame,
  { status, headers = {}, cookies = [], ...answer }: WebAnswer,
): FastifyReply {
  reply.headers({ ...pageHeaders(frame.origin), ...headers })
  for (const cookie of cookies) reply.header('set-cookie', cookie)
  if ('place' in answer)
    return reply
      .code(status ?? 303)
      .header('location', answer.place)
      .send()
  reply.code(status ?? 200)
  if ('bytes' in answer) return reply.type(answer.type).send(Buffer.from(answer.bytes))
  if ('json' in answer) return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.json))
  reply.header('vary', 'Accept-Language')
  if (built === undefined) return reply.code(503).type('text/plain; charset=utf-8').send(TEXT_OF_NO_PAGES)
  return reply.type('text/html; charset=utf-8').send(built.render(answer.page, answer.props, frame))
}

function frameOf({ frame }: PagePorts, { raw }: FastifyRequest): Frame {
  return { ...frame, language: languageFor(raw.headers['accept-language']) }
}

function asWebRequest({ raw, params, ip: address }: FastifyRequest): WebRequest {
  const { headers, url = '' } = raw
  const question = url.indexOf('?')
  return {
    params: params as WebRequest['params'],
    query: new URLSearchParams(question === -1 ? '' : url.slice(question + 1)),
    headers,
    body: { headers, stream: raw },
    address,
    forwardedFor: forwardedFor(raw),
  }
}
