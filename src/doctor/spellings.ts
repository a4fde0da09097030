/** By what a spelling of a route differs from the plain one. */
export type Spelling = 'letterCase' | 'slashes' | 'escapes' | 'forms'

/**
 * Other spellings of a route's path that the PDS takes for it, or might be given for it by a proxy that tidies paths.
 *
 * @param path of at least two segments
 * @param origin of the host that is asked, for the absolute form
 */
export function spellings(path: string, origin: string): Readonly<Record<Spelling, readonly string[]>> {
  const end = path.lastIndexOf('/')
  const folder = path.slice(0, end)
  const name = path.slice(end + 1)
  const inFolder = (spelled: string) => `${folder}/${spelled}`
  const host = new URL(origin).host
  const asUser = origin.replace('//', '//user@')
  return {
    letterCase: [
      path.toUpperCase(),
      path.toLowerCase() === path ? alternating(path) : path.toLowerCase(),
      folder.toUpperCase() + path.slice(end),
      inFolder(name.toUpperCase()),
      inFolder(alternating(name)),
    ],
    slashes: [
      `${path}/`,
      `${path}//`,
      `/${path}`,
      `${folder}/${path.slice(end)}`,
      `${folder}/.${path.slice(end)}`,
      `/x/..${path}`,
    ],
    escapes: [
      inFolder(escaped(name, 0)),
      inFolder(escaped(name, name.length - 1)),
      inFolder(name.replaceAll(/[.-]/g, (letter) => escaped(letter, 0))),
      `/${escaped(path.slice(1), 0)}`,
      `${folder}%2F${name}`,
      `${folder}%5c${name}`,
      inFolder(escaped(name, 0).replace('%', '%25')),
    ],
    forms: [
      `${path}?a=b`,
      `${path}#`,
      `${path}?a#b`,
      `${path};a=b`,
      `${origin}${path}`,
      `${origin.toUpperCase()}${path}`,
      `${asUser}${path}#a`,
      `//user@${host}${path}#`,
      `${folder}\\${name}#`,
      `/\\user@${host}${path.replaceAll('/', '\\')}#`,
    ],
  }
}

function alternating(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/([^])([^])/g, (_pair, one: string, other: string) => one + other.toUpperCase())
}

/** One character as its percent-escape. */
function escaped(text: string, at: number): string {
  return `${text.slice(0, at)}%${text.charCodeAt(at).toString(16)}${text.slice(at + 1)}`
}
