import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FlagValues } from '../../../src/config.ts'
import { devSecrets } from '../../../src/dev/secrets.ts'
import { type FrontedWorld, startFrontedWorld } from '../../support/latchkey.ts'

/** The two ways in which Latchkey tells members: by asking the PDS, or with the PDS's own secret. */
export type Verification = 'by asking the PDS' | 'with the secret of the PDS'

/** Starts Latchkey in front of a PDS. */
export async function startVerifyingWorld(
  verification: Verification,
  flags: FlagValues = {},
): Promise<FrontedWorld> {
  if (verification === 'by asking the PDS') return startFrontedWorld(flags)
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const { jwtSecret } = await devSecrets(dataDir)
  const fronted = stack.use(await startFrontedWorld({ ...flags, pdsJwtSecret: jwtSecret }, { dataDir }))
  const running = stack.move()
  return { ...fronted, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
