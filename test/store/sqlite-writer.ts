import { openDatabase } from '../../src/store/sqlite/file/open.ts'
import { DEFAULT_RETRY } from '../../src/store/sqlite/file/retry.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { ALICE, HOST, inParallel, NOW, signUp } from './conformance/support.ts'

/** What a writing process is told to do, all of them at once. */
export type Job =
  | { readonly kind: 'migrate'; readonly migrations: readonly string[] }
  | { readonly kind: 'open' }
  | { readonly kind: 'reserve'; readonly code: string; readonly times: number }
  | { readonly kind: 'take over'; readonly now: number; readonly limit: number; readonly times: number }
  | { readonly kind: 'earn'; readonly codes: readonly string[]; readonly times: number }

const [path = '', name = ''] = process.argv.slice(2)

async function work(job: Job): Promise<readonly string[]> {
  if (job.kind === 'migrate') {
    const { migrations } = job
    using _ = await openDatabase({ path, migrations, now: () => NOW, retry: DEFAULT_RETRY })
    return ['done']
  }
  await using store = await openSqliteStore({ path })
  if (job.kind === 'open') return [(await store.check()) ?? 'done']
  if (job.kind === 'reserve')
    return await inParallel(job.times, (index) => store.reserve(signUp(`${name}-${index}`, job.code), NOW))
  if (job.kind === 'take over') {
    const { now, limit } = job
    const claim = { host: HOST, holder: name, now, leaseUntil: now + 60_000, limit }
    const taken = await inParallel(job.times, () => store.takeOver(claim))
    return taken.flat().map(({ id }) => id)
  }
  return await inParallel(job.times, (index) =>
    store.insertEarned({
      did: ALICE,
      host: HOST,
      createdAt: NOW,
      firstOrdinal: 1,
      codes: job.codes.map((code) => `${code}-${name}-${index}`),
    }),
  )
}

process.once('message', async (job: Job) => {
  try {
    process.send?.(await work(job))
  } catch (error) {
    process.send?.([String(error)])
  }
  process.disconnect?.()
})
process.send?.('ready')
