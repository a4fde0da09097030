import { expect, test } from 'vitest'
import { importDevelopmentPackage, MissingPackageError } from '../../src/dev/development-package.ts'

test('a missing package is told in one sentence with its name and the npm install line', async () => {
  const name: string = 'latchkey-has-no-such-package'
  const importing = importDevelopmentPackage(name, () => import(/* @vite-ignore */ name))
  await expect(importing).rejects.toThrow(MissingPackageError)
  await expect(importing).rejects.toThrow(
    'latchkey dev needs the package latchkey-has-no-such-package, which is not installed: ' +
      'run `npm install --save-dev latchkey-has-no-such-package`.',
  )
})

test('the npm install line carries the version that Latchkey was tested with', async () => {
  const notFound = Object.assign(new Error(`Cannot find package '@atproto/pds' imported from /somewhere`), {
    code: 'ERR_MODULE_NOT_FOUND',
  })
  const importing = importDevelopmentPackage('@atproto/pds', () => Promise.reject(notFound))
  await expect(importing).rejects.toThrow(/`npm install --save-dev @atproto\/pds@\d+\.\d+\.\d+`/)
})

test('any other failure of the import is passed on as it is', async () => {
  const failure = new Error('broken native module')
  await expect(importDevelopmentPackage('@atproto/pds', () => Promise.reject(failure))).rejects.toBe(failure)
})
