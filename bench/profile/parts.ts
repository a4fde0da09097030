/** What V8's profiler tells, as far as it is used here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Which node was running, look by look. */
  readonly samples: readonly number[]
  /** Microseconds since the look before. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

/** Where nothing is done. */
const IDLE = '(idle)'

/** What the profiler calls what is not JavaScript. */
const ENGINE: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'outside of JavaScript: system calls, the event loop',
  '(root)': 'outside of JavaScript: system calls, the event loop',
}

/** Parts of Node, by the beginnings of its modules' names. */
const NODE: readonly (readonly [RegExp, string])[] = [
  [/^node:(internal\/)?_?http/, 'Node: HTTP'],
  [/^node:(internal\/)?(_http|url|querystring)/, 'Node: HTTP'],
  [/^node:(internal\/)?(net|streams?|_stream|tty|dgram|tls)/, 'Node: sockets and streams'],
  [/^node:(internal\/)?(crypto|webcrypto)/, 'Node: cryptography'],
  [/^node:(internal\/)?(timers|process|async|events|abort)/, 'Node: timers, ticks, events'],
  [/^node:/, 'Node: the rest'],
]

/**
 * How long each part of the program worked itself, in microseconds. What is native belongs to whoever called it, apart from
 * SQLite.
 */
export function timeByPart(profile: CpuProfile): ReadonlyMap<string, number> {
  const parts = partsOf(profile.nodes)
  const times = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const part = parts.get(id)
    if (part === undefined) continue
    times.set(part, (times.get(part) ?? 0) + (profile.timeDeltas[index] ?? 0))
  }
  return times
}

/** @returns the part that each node belongs to, by its id; none for idling */
function partsOf(nodes: readonly ProfileNode[]): ReadonlyMap<number, string> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parts = new Map<number, string>()
  const partOf = (node: ProfileNode): string => {
    const { functionName, url } = node.callFrame
    if (url !== '') return partOfUrl(url)
    const parent = byId.get(parents.get(node.id) ?? -1)
    const caller = parent === undefined ? undefined : partOf(parent)
    if (caller === 'Latchkey: store' && functionName !== '') return 'SQLite'
    return ENGINE[functionName] ?? caller ?? 'outside of JavaScript: system calls, the event loop'
  }
  for (const node of nodes) if (node.callFrame.functionName !== IDLE) parts.set(node.id, partOf(node))
  return parts
}

function partOfUrl(url: string): string {
  const dependency = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (dependency !== undefined) return dependency
  const own = /\/(?:dist|src)\/([^/]+)\//.exec(url)?.[1]
  if (own !== undefined) return `Latchkey: ${own}`
  return NODE.find(([names]) => names.test(url))?.[1] ?? 'the rest'
}
