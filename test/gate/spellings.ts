import fc from 'fast-check'

/**
 * Spellings of the target `/<folder>/<rest>`; all mean the same to us, and some to the PDS.
 *
 * @returns each with what the PDS makes of it under `/xrpc`
 */
export function spellings(
  folder: string,
  rest: string,
): ReadonlyArray<readonly [target: string, pds: 'answered' | 'ignored']> {
  const upper = folder.toUpperCase()
  const mixed = upper.replace(/[A-Z]/, (letter) => letter.toLowerCase())
  const escapedRest = escapeFirst(rest)
  return [
    [`/${folder}/${rest}`, 'answered'],
    [`/${folder}/${rest}?`, 'answered'],
    [`/${folder}/${rest}?a=1&a=2`, 'answered'],
    [`/${folder}/${rest}/`, 'answered'],
    [`/${folder}/${rest}/?a=/b`, 'answered'],
    [`/${upper}/${rest}`, 'answered'],
    [`/${mixed}/${rest.toUpperCase()}/`, 'answered'],
    [`/${folder}/${rest.toLowerCase()}`, 'answered'],
    [`http://any.host/${folder}/${rest}`, 'answered'],
    [`HTTP://ANY.HOST:1/${upper}/${rest}/?a`, 'answered'],
    [`http:///${folder}/${rest}`, 'answered'],
    [`http://user:pass@any.host/${folder}/${rest}`, 'answered'],
    [`http://a@b@c/${folder}/${rest}`, 'answered'],
    [`http://[::1]:80/${folder}/${rest}`, 'answered'],
    [`https://any.host/${folder}/${rest}#x`, 'answered'],
    [`ftp://any.host/${folder}/${rest}`, 'answered'],
    [`http://any.host/${folder}\\${rest}`, 'answered'],
    [`/${folder}/${rest}#`, 'answered'],
    [`/${folder}/${rest}/#/x`, 'answered'],
    [`/${folder}/${rest}#?a`, 'answered'],
    [`/${folder}/${rest}?a#b`, 'answered'],
    [`/${folder}\\${rest}#`, 'answered'],
    [`/${folder}\\${rest}\\?a#`, 'answered'],
    [`//user@host/${folder}/${rest}#`, 'answered'],
    [`/\\user@host\\${folder}\\${rest}\\?a=#`, 'answered'],
    [`//a@b@c/${upper}/${rest}?#`, 'answered'],
    [`//${folder}/${rest}`, 'ignored'],
    [`/${folder}//${rest}`, 'ignored'],
    [`/${folder}/${rest}//`, 'ignored'],
    [`/${folder}\\${rest}`, 'ignored'],
    [`/${folder}/${escapedRest}`, 'ignored'],
    [`/${folder}%2F${rest}`, 'ignored'],
    [`/${folder}%5c${rest}`, 'ignored'],
    [`/${escapeFirst(folder)}/${rest}`, 'ignored'],
    [`/${folder}/${rest};a=b`, 'ignored'],
    [`/${folder};a/${rest}`, 'ignored'],
    [`/${folder}/./${rest}`, 'ignored'],
    [`/x/%2e./${folder}/${rest}`, 'ignored'],
  ]
}

/** Targets put together from the pieces that URL parsers disagree about. */
export function anySpelling(folder: string, rest: string): fc.Arbitrary<string> {
  const letters = fc.array(fc.boolean(), { minLength: rest.length, maxLength: rest.length })
  const anyCase = letters.map((upper) =>
    [...rest].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase())).join(''),
  )
  const likely = (usual: readonly string[], odd: readonly string[]) =>
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...usual) }, fc.constantFrom(...odd))
  const start = likely(
    ['', '//u@h', '/\\u@h', 'http://', 'http://h', 'hTTp://u:p@h:1', 'http://h//u@i', 'ws://h'],
    [
      '/',
      '/.',
      '/\\',
      '//u@',
      '//u@h;',
      '//u@[::1]',
      '//u@h!',
      'http://h\\',
      'http://h;',
      'x://h',
      'http://a?@h',
    ],
  )
  const separator = likely(['/', '/', '\\'], ['//', '/\\', '%2f', '/./', '/;/'])
  const folders = likely([folder, folder.toUpperCase()], [escapeFirst(folder), `${folder}.`])
  const end = likely(
    ['', '/', '\\', '?', '?a=1', '/?a'],
    ['//', '/.', '.', ';a', '%20', '%00', '%23', '?/../', '?\\'],
  )
  const tail = fc.constantFrom('', '#', '#a', '?#', '?a=1#?b', '#\\', '#//u@h/')
  return fc.tuple(start, separator, folders, separator, anyCase, end, tail).map((pieces) => pieces.join(''))
}

function escapeFirst(text: string): string {
  return `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`
}
