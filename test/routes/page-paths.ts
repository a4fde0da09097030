import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openPages, type OpenPagesPorts } from '../../src/http/open-pages.ts'
import { signInRoutes, type SignInRoutesPorts } from '../../src/web/sign-in/routes.ts'

const HERE = new URL('http://localhost')

/** Every address of the pages, with something in the place of what varies, and of what they load. */
export async function pagePaths(): Promise<readonly string[]> {
  // None of the routes is asked anything, so that most of what they work with can be missing.
  const ports = {
    host: { hostname: HERE.hostname },
    signIn: { sessions: {}, routes: signInRoutes({ webUrl: HERE } as SignInRoutesPorts) },
    publicUrl: HERE,
    webUrl: HERE,
    random: randomBytes,
    folder: new URL('../../dist/web/', import.meta.url),
  } as unknown as OpenPagesPorts
  const { routes, built } = await openPages(ports)
  if (built === undefined) throw new Error('The pages are not built: run `npm run build:web`.')
  const assets = await readdir(join(built.folder, 'assets'))
  return [
    ...new Set(routes.map(({ path }) => path.replaceAll(/:\w+/g, 'pds-test-abcde-fghij'))),
    ...assets.map((name) => `/_latchkey/assets/${name}`),
  ]
}
