import { globSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { CSRF_HEADER } from '../src/auth/credentials.ts'
import { XrpcFailure } from '../src/wire/failure.ts'
import type { XrpcContext } from '../src/xrpc/kit/context.ts'
import { isRefusal, type XrpcMethod } from '../src/xrpc/kit/method.ts'
import { xrpcMethods } from '../src/xrpc/methods.ts'

/** As much of the lexicon language as Latchkey's own documents speak. */
interface Lexicon {
  readonly id: string
  readonly defs: Readonly<Record<string, Method | Shape>>
}
interface Method {
  readonly type: 'query' | 'procedure'
  readonly description: string
  readonly parameters?: ObjectShape
  readonly input?: Body
  readonly output?: Body
  readonly errors?: readonly { readonly name: string; readonly description: string }[]
}
interface Body {
  readonly encoding: string
  readonly schema?: ObjectShape
}
interface Shape {
  readonly type: string
  readonly description?: string
  readonly ref?: string
  readonly items?: Shape
  readonly format?: string
  readonly knownValues?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxGraphemes?: number
  readonly default?: unknown
}
interface ObjectShape extends Shape {
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Shape>>
}

/** The page of Latchkey's own methods: what their lexicons say, and who may call each, which each is asked itself. */
export async function methodsPage(): Promise<string> {
  const lexicons = globSync('lexicons/app/latchkey/**/*.json')
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Lexicon)
    .toSorted((a, b) => rankOf(a.id) - rankOf(b.id) || (a.id < b.id ? -1 : 1))
  const callers = await callersByNsid()
  const methods = lexicons.flatMap(({ id, defs: { main } }) =>
    isMethod(main) ? methodSection(id, main, callers.get(id)) : [],
  )
  const shapes = lexicons.flatMap(({ id, defs }) =>
    Object.entries(defs).flatMap(([name, def]) =>
      isMethod(def) ? [] : shapeSection(`${id}#${name}`, id, def),
    ),
  )
  return `# Methods

Latchkey's own methods, which its pages use too. They are [XRPC](https://atproto.com/specs/xrpc) like all others of a PDS,
on the public host name: \`/xrpc/<name>\`, a query by GET with parameters, a procedure by POST with JSON. The lexicons are in
[\`lexicons/\`](../../lexicons/app/latchkey/). The standard methods that Latchkey answers, \`com.atproto.*\`, are as the AT Protocol
has them, and the [README](../../README.md#methods) lists them.

**Members** call with the access token of a full session, \`Authorization: Bearer …\`, as with
\`com.atproto.server.getAccountInviteCodes\`: the PDS, or who has its secret, judges it in the same way. Sessions of app passwords
and OAuth tokens are not let in there, and not here.

**Administrators** call with \`Authorization: Basic …\` of \`admin:<password>\`, the PDS's or Latchkey's own. By a token nobody is
an operator, since a token says nothing of the \`LATCHKEY_ADMINS\` and \`LATCHKEY_MODERATORS\` of the [settings](settings.md).

**The pages** call with the cookie of their session, which members, moderators and administrators have alike, and procedures
with the header \`${CSRF_HEADER}\` besides, whose value stands in the page. Moderators have no other way.

Errors are \`{"error": …, "message": …}\`. Those that are listed with a method come with status 400, and \`RateLimitExceeded\`
with 429. Beside them there are 400 \`InvalidRequest\`; 401 \`AuthenticationRequired\` for whoever is no operator where one has to
be; 403 \`Forbidden\` for a moderator where one has to be an administrator, and without the header of the pages; 503
\`ServiceUnavailable\` while the database can't be had. Who is no member gets the PDS's own refusal.

Instants are in UTC. A listing goes on with the \`cursor\` of its last answer, and ends where an answer has none.

${methods.join('\n')}
## Shapes

${shapes.join('\n')}`
}

/** Members' and everybody's methods stand before those of operators. */
function rankOf(nsid: string): number {
  return nsid.startsWith('app.latchkey.admin.') ? 1 : 0
}

function isMethod(def: Method | Shape | undefined): def is Method {
  return def?.type === 'query' || def?.type === 'procedure'
}

function methodSection(id: string, method: Method, callers: string | undefined): string {
  if (callers === undefined) throw new Error(`${id} has a lexicon, and is not answered`)
  const { type, description, parameters, input, output, errors = [] } = method
  const parts = [
    `## ${id}`,
    description,
    `${type === 'query' ? 'A query' : 'A procedure'}, for **${callers}**.`,
    ...(parameters === undefined ? [] : [fieldTable('parameter', id, parameters)]),
    ...(input === undefined ? [] : [bodyTable('input', id, input)]),
    ...(output === undefined ? ['Its answer is empty.'] : [bodyTable('output', id, output)]),
    ...(errors.length === 0
      ? []
      : [
          table(
            ['error', ''],
            errors.map((error) => [`\`${error.name}\``, error.description]),
          ),
        ]),
  ]
  return `${parts.join('\n\n')}\n`
}

function bodyTable(title: string, id: string, { encoding, schema }: Body): string {
  return schema === undefined ? `Its answer is \`${encoding}\`.` : fieldTable(title, id, schema)
}

function shapeSection(name: string, id: string, shape: ObjectShape): string {
  const { description } = shape
  return `${[`### ${name}`, ...(description === undefined ? [] : [description]), fieldTable('field', id, shape)].join('\n\n')}\n`
}

function fieldTable(title: string, id: string, { properties = {}, required = [] }: ObjectShape): string {
  const rows = Object.entries(properties).map(([name, field]) => [
    `\`${name}\``,
    [typeOf(id, field), ...limitsOf(field), ...(required.includes(name) ? [] : ['optional'])].join(', '),
    descriptionOf(field),
  ])
  return table([title, 'type', ''], rows)
}

function typeOf(id: string, { type, ref, items, format }: Shape): string {
  if (ref !== undefined) return linkTo(ref.startsWith('#') ? id + ref : ref)
  if (items !== undefined) return `array of ${typeOf(id, items)}`
  if (type === 'unknown') return 'object'
  return format ?? type
}

function limitsOf({
  type,
  minimum,
  maximum,
  maxLength,
  maxGraphemes,
  default: fallback,
}: Shape): readonly string[] {
  return [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(maxGraphemes === undefined ? [] : [`at most ${maxGraphemes} characters`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength}${type === 'string' ? ' bytes' : ''}`]),
    ...(fallback === undefined ? [] : [`\`${JSON.stringify(fallback)}\` where left out`]),
  ]
}

function descriptionOf({ description, knownValues }: Shape): string {
  const values = knownValues?.map((value) => `\`${value}\``).join(', ')
  return [
    ...(values === undefined ? [] : [`${values}.`]),
    ...(description === undefined ? [] : [description]),
  ].join(' ')
}

/** GitHub's anchor of a heading: without its dots and its hash. */
function linkTo(ref: string): string {
  return `[${ref.slice(ref.indexOf('#') + 1)}](#${ref.toLowerCase().replaceAll(/[^\w-]/g, '')})`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}

type Caller = 'nobody' | 'member' | 'moderator' | 'administrator'

/** Whom a method is for, by the first of these whom it lets in. */
const CALLERS: Readonly<Record<Caller, string>> = {
  nobody: 'everybody',
  member: 'members',
  moderator: 'moderators and administrators',
  administrator: 'administrators',
}

async function callersByNsid(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const [caller, name] of Object.entries(CALLERS) as [Caller, string][])
    for (const method of xrpcMethods(contextFor(caller)))
      if (method.nsid.startsWith('app.latchkey.') && !found.has(method.nsid) && (await admits(method)))
        found.set(method.nsid, name)
  return found
}

/** All that a method needs to tell whether a caller is let in. With the rest it can do nothing. */
function contextFor(caller: Caller): XrpcContext {
  const isOperator = caller === 'moderator' || caller === 'administrator'
  const callers = {
    member: async () => (caller === 'member' ? { did: 'did:web:member.invalid' } : { refusal: undefined }),
    operator: async () => (isOperator ? { actor: 'did:web:operator.invalid', role: caller } : undefined),
  }
  return { callers } as unknown as XrpcContext
}

/** Calls a method with nothing. It gets as far as the missing body, or the missing rest of its context, where it admits. */
async function admits({ answer }: XrpcMethod): Promise<boolean> {
  try {
    const body = { headers: {}, stream: Readable.from([]) }
    const credentials = {
      authorization: undefined,
      dpop: undefined,
      cookie: undefined,
      csrf: undefined,
      site: undefined,
      source: undefined,
      forwardedFor: '',
    }
    return !isRefusal(await answer({ search: '', credentials, body, address: '' }))
  } catch (error) {
    return !(error instanceof XrpcFailure && [401, 403].includes(error.status))
  }
}
