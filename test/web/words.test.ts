import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSync } from 'vite'
import { languageFor } from '../../src/web/words/language.ts'

const PAGES = 'src/web'

/** Attributes that people read or hear. */
const READ = new Set(['aria-label', 'alt', 'caption', 'fact', 'hint', 'label', 'placeholder', 'title'])

type Node = { readonly type: string } & Readonly<Record<string, unknown>>

describe('the words of the pages', () => {
  test('stand in the catalogue, and none in a component', () => {
    const files = readdirSync(PAGES, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.tsx'),
    )
    expect(files.length).toBeGreaterThan(20)
    const found = files.flatMap((name) =>
      textsOf(name, readFileSync(join(PAGES, name), 'utf8')).map((text) => `${name}: ${text}`),
    )
    expect(found).toEqual([])
  })

  test('a component that has some of its own is found', () => {
    const source = `export const A = () => <p title="Good evening" class="x">Hello, <b>{'there'}</b> · {1}</p>`
    expect(textsOf('a.tsx', source)).toEqual(['Good evening', 'Hello,', 'there'])
  })
})

describe('the language', () => {
  test.each([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['fr', 'en'],
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['en-GB, de;q=0.5', 'en'],
    ['en;q=0.4, de;q=0.7', 'de'],
    ['DE-de', 'de'],
    ['de;q=0, en', 'en'],
    [';;q=x,,', 'en'],
  ])('of %s is %s', (accepted, language) => {
    expect(languageFor(accepted)).toBe(language)
  })
})

/** What a component says by itself, with letters in it. */
function textsOf(name: string, source: string): readonly string[] {
  const { program, errors } = parseSync(name, source)
  expect(errors).toEqual([])
  const texts: string[] = []
  visit(program, (node) => {
    if (node.type === 'JSXText') texts.push(String(node['value']))
    const { type, expression, value } = node as Node & { expression?: Node; value?: Node | null }
    if (type === 'JSXExpressionContainer' && expression?.type === 'Literal')
      texts.push(String(expression['value']))
    if (type === 'JSXAttribute' && READ.has(nameOf(node)) && value?.type === 'Literal')
      texts.push(String(value['value']))
  })
  return texts.map((text) => text.trim()).filter((text) => /\p{L}/u.test(text))
}

/** Goes through a syntax tree. Of attributes' expressions those count that stand in them as they are. */
function visit(node: unknown, look: (node: Node) => void): void {
  if (Array.isArray(node)) for (const one of node) visit(one, look)
  if (typeof node !== 'object' || node === null || !('type' in node)) return
  look(node as Node)
  const isHidden = node.type === 'JSXAttribute' && !READ.has(nameOf(node as Node))
  if (!isHidden) for (const part of Object.values(node)) visit(part, look)
}

function nameOf(attribute: Node): string {
  return String((attribute['name'] as Node)['name'])
}
