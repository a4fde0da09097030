import { setTimeout as sleep } from 'node:timers/promises'
import type { CpuProfile } from './parts.ts'

/** Microseconds between two looks at what is running. */
const INTERVAL = 200

/** A message of the inspector's protocol that answers one of ours. */
interface Answer {
  readonly id?: number
  readonly result?: { readonly profile?: CpuProfile }
  readonly error?: { readonly message: string }
}

/**
 * Profiles a Node process that listens for an inspector on a port of loopback, for as long as some work takes.
 *
 * @throws {Error} when the inspector can't be reached or refuses
 */
export async function sampleWhile<T>(
  port: number,
  work: () => Promise<T>,
): Promise<{ readonly profile: CpuProfile; readonly value: T }> {
  using inspector = await attach(port)
  await inspector.send('Profiler.enable')
  await inspector.send('Profiler.setSamplingInterval', { interval: INTERVAL })
  await inspector.send('Profiler.start')
  const value = await work()
  const { profile } = await inspector.send('Profiler.stop')
  if (profile === undefined) throw new Error('the inspector gave no profile')
  return { profile, value }
}

async function attach(port: number) {
  const socket = new WebSocket(await address(port))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error('the inspector can’t be reached')), {
      once: true,
    })
  })
  let sent = 0
  return {
    send: (method: string, params = {}) =>
      new Promise<NonNullable<Answer['result']>>((resolve, reject) => {
        const id = ++sent
        const hear = ({ data }: MessageEvent<string>) => {
          const answer = JSON.parse(data) as Answer
          if (answer.id !== id) return
          socket.removeEventListener('message', hear)
          if (answer.error === undefined) resolve(answer.result ?? {})
          else reject(new Error(`${method}: ${answer.error.message}`))
        }
        socket.addEventListener('message', hear)
        socket.send(JSON.stringify({ id, method, params }))
      }),
    [Symbol.dispose]: () => socket.close(),
  }
}

async function address(port: number): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined)
    const [target] = ((await answer?.json()) ?? []) as { webSocketDebuggerUrl: string }[]
    if (target !== undefined) return target.webSocketDebuggerUrl
    await sleep(100)
  }
  throw new Error('the inspector does not answer')
}
