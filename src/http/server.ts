import { randomUUID } from 'node:crypto'
import cors from '@fastify/cors'
import {
  fastify,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Logger } from 'pino'
import { CREATE_ACCOUNT_PATH, createAccount, type DoorPorts } from '../gate/doors/create-account.ts'
import { OAUTH_SIGN_UP_PATH, oauthFailure, oauthSignUp } from '../gate/doors/oauth-sign-up.ts'
import { forwardedFor, forwardedHeaders, type Proxy } from '../gate/proxy/proxy.ts'
import type { Duration } from '../invites/types.ts'
import { invalidRequest, type XrpcFailure } from '../wire/failure.ts'
import { VIA } from '../wire/via.ts'
import type { XrpcMethod } from '../xrpc/kit/method.ts'
import { createFront, type Front, type Route } from './front.ts'
import { type HealthChecks, LIVE_PATH, READY_PATH, registerHealth } from './health.ts'
import { pagePaths, type PagePorts, registerPages, sendNotFound } from './pages.ts'
import { logged, sendAnswer, sendError, sendUpstream, sendWhole } from './replies.ts'
import { refuseUnreadable } from './unreadable.ts'
import { answerOfShortWay, shortWay, timeOnShortWay } from './short-way.ts'
import { IncomingXrpc } from './xrpc-request.ts'

/** What the server mounts and where it listens. */
export interface ServerOptions {
  readonly methods: readonly XrpcMethod[]
  readonly doors: DoorPorts
  readonly pages: PagePorts
  /** Takes everything that is not Latchkey's. */
  readonly proxy: Proxy
  readonly health: HealthChecks
  readonly log: Logger
  readonly port: number
  readonly bind: string
  /** Whose `X-Forwarded-For` is believed: addresses, networks, or names of kinds of networks. */
  readonly trustedProxies: readonly string[]
  readonly shutdownTimeout: Duration
}

/** A server that listens. Disposing of it lets requests in flight finish and refuses new ones. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number
}

/** Where all methods are. */
const XRPC = '/xrpc'

/** What the PDS tells preflights, though it serves GET, HEAD and POST only. */
const PREFLIGHT_METHODS = 'GET,HEAD,PUT,PATCH,POST,DELETE'

/** Preflights are kept as long as the PDS lets them be: a day. */
const PREFLIGHT_SECONDS = 86_400

/**
 * In characters: all that Node lets a request's line and headers have. Codes are long where the name of a host is, and one
 * that is too long to be any gets the page that every bad code gets.
 */
const LONGEST_PARAMETER = 16_384

/** Starts listening. @throws when the address is taken or not this machine's */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { methods, doors, pages, health, port, bind } = options
  const routes: Route[] = [
    ...[...methods.map(xrpcPath), CREATE_ACCOUNT_PATH, LIVE_PATH, READY_PATH].map((path) => ({ path })),
    { path: OAUTH_SIGN_UP_PATH, verb: 'POST' },
    ...pagePaths(pages),
  ]
  const { app, front } = createApp(options, routes)
  const mountXrpc = async (xrpc: FastifyInstance) => {
    // The PDS has CORS on XRPC and not on its OAuth pages, nor have ours.
    await xrpc.register(cors, {
      origin: '*',
      methods: PREFLIGHT_METHODS,
      maxAge: PREFLIGHT_SECONDS,
      strictPreflight: false,
    })
    for (const method of methods) registerMethod(xrpc, method)
    registerCreateAccount(xrpc, doors)
  }
  // With the prefix, since the plugin mounts a route for preflights of whatever lies under it.
  await app.register(mountXrpc, { prefix: XRPC })
  registerOAuthSignUp(app, doors)
  registerHealth(app, health)
  await registerPages(app, pages)
  await app.listen({ port, host: bind })
  const address = front.server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { port: address.port, [Symbol.asyncDispose]: () => stop(app, front, options) }
}

function createApp({ log, methods, pages, proxy, trustedProxies }: ServerOptions, routes: readonly Route[]) {
  const fronts: Front[] = []
  const loggerInstance: FastifyBaseLogger = log
  const app = fastify({
    loggerInstance,
    // The front refuses new requests by itself; what comes here later than the end began was on the short way then.
    return503OnClosing: false,
    trustProxy: [...trustedProxies],
    logController: new LogController({ disableRequestLogging: true }),
    // What is logged of a request names its id itself: a logger for each would cost as much as the answer.
    childLoggerFactory: (logger) => logger,
    genReqId: () => randomUUID(),
    clientErrorHandler: refuseUnreadable(log),
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    // Methods have one address each, with nothing to decode: a path that can't be decoded is of the pages.
    frameworkErrors: (error, _request, reply) => {
      reply.header('via', VIA)
      if (error.code === 'FST_ERR_BAD_URL') sendNotFound(reply, pages)
      else sendError(reply, error)
    },
    serverFactory: (own) => {
      const front = createFront(routes, shortWay(methods, xrpcPath, own, log), proxy)
      fronts.push(front)
      return front.server
    },
  })
  const [front] = fronts
  if (front === undefined) throw new Error('fastify made no server')
  // Bodies are read by whoever needs them, once the caller is known: Fastify must not judge them before.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('via', VIA)
    if (request.raw.headers['content-type'] !== undefined) request.headers = { 'content-type': undefined }
    done()
  })
  app.setErrorHandler((error, _request, reply) => sendError(reply, error))
  // Of single paths of ours it is the method that was not found: one that Fastify does not even know.
  app.setNotFoundHandler(({ url }, reply) => {
    const [path = ''] = url.split('?')
    if (path.startsWith(`${XRPC}/`))
      return sendError(reply.header('access-control-allow-origin', '*'), unsupportedVerb())
    if (path === LIVE_PATH || path === READY_PATH)
      return sendError(reply, invalidRequest('Only GET is answered here'))
    return sendNotFound(reply, pages)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions, id } = request
    const { statusCode: status, elapsedTime } = reply
    // Reads that went well are by far the most, and the reverse proxy tells of them as well.
    const level = (method === 'GET' || method === 'HEAD') && status < 400 ? 'debug' : 'info'
    if (log.isLevelEnabled(level)) {
      const ms = Math.round(timeOnShortWay(request.raw) + elapsedTime)
      log[level]({ id, method, route: routeOptions.url, status, ms }, 'answered')
    }
    done()
  })
  return { app, front }
}

function registerMethod(app: FastifyInstance, method: XrpcMethod): void {
  app.all(underXrpc(xrpcPath(method)), async (request, reply) => {
    requireVerb(request, method.verb)
    const answer = answerOfShortWay(request.raw) ?? (await method.answer(new IncomingXrpc(request)))
    return sendAnswer(reply, answer)
  })
}

function registerCreateAccount(app: FastifyInstance, doors: DoorPorts): void {
  app.all(underXrpc(CREATE_ACCOUNT_PATH), async (request, reply) => {
    requireVerb(request, 'POST')
    const { raw, ip: address } = request
    const body = { headers: raw.headers, stream: raw }
    return sendUpstream(reply, await createAccount(doors, { body, address, forwardedFor: forwardedFor(raw) }))
  })
}

function registerOAuthSignUp(app: FastifyInstance, doors: DoorPorts): void {
  app.post(OAUTH_SIGN_UP_PATH, async ({ raw, ip: address }, reply) => {
    const body = { headers: raw.headers, stream: raw }
    const request = { body, address, headers: forwardedHeaders(raw) }
    const answer = await oauthSignUp(doors, request).catch((error: unknown) =>
      oauthFailure(logged(reply, error)),
    )
    return sendWhole(reply, answer)
  })
}

function xrpcPath({ nsid }: XrpcMethod): string {
  return `${XRPC}/${nsid}`
}

/** A path of XRPC as it is mounted there. */
function underXrpc(path: string): string {
  return path.slice(XRPC.length)
}

/** HEAD is GET without the body, which is left away further down. */
function requireVerb({ method }: FastifyRequest, verb: 'GET' | 'POST'): void {
  if (method === verb || (method === 'HEAD' && verb === 'GET')) return
  if (!['GET', 'HEAD', 'POST'].includes(method)) throw unsupportedVerb()
  throw invalidRequest(`Incorrect HTTP method (${method}) expected ${verb}`)
}

function unsupportedVerb(): XrpcFailure {
  return invalidRequest('XRPC requests only supports GET and POST')
}

/** Lets requests in flight finish, for as long as the settings say, and ends what is left. */
async function stop(app: FastifyInstance, front: Front, { proxy, shutdownTimeout, log }: ServerOptions) {
  front.refuseNew()
  const timer = setTimeout(() => {
    log.warn('requests in flight took too long and were cut off')
    front.server.closeAllConnections()
  }, shutdownTimeout)
  try {
    await Promise.all([app.close(), proxy[Symbol.asyncDispose]()])
  } finally {
    clearTimeout(timer)
  }
}
