import { readFile } from 'node:fs/promises'
import { setVariable } from '../config.ts'

/** A package that production installs leave out is not there; the message is one sentence with the remedy. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError'
}

/**
 * Imports a package that only `latchkey dev` and the tests need, with its logging off: both servers write their log to
 * standard output, where `latchkey dev --json` promises exactly one line, and decide about it once, when imported.
 *
 * @param name the package, as `devDependencies` names it
 * @param load the import itself, so that the caller keeps its types
 * @throws MissingPackageError when the package is not installed
 */
export async function importDevelopmentPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  setVariable('LOG_ENABLED', 'false')
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    const spec = await installSpec(name)
    throw new MissingPackageError(
      `latchkey dev needs the package ${name}, which is not installed: run \`npm install --save-dev ${spec}\`.`,
      { cause: error },
    )
  }
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(`'${name}'`)
}

/** The package with the version that Latchkey was tested with, from its own package.json. */
async function installSpec(name: string): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { devDependencies } = JSON.parse(text) as { devDependencies?: Record<string, string> }
  const version = devDependencies?.[name]
  return version === undefined ? name : `${name}@${version}`
}
