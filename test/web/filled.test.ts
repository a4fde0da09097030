import { expect, test } from 'vitest'
import { readFilled } from '../../src/web/join/filled.ts'

test.each([
  ['bob', '.two', 'bob.two'],
  ['bob', undefined, 'bob.one'],
  [' @Bob.two ', '.one', 'bob.two'],
  // Each of these ends with two of the endings.
  ['bob.host.one', '.two', 'bob.host.one'],
  ['bob.one', '.host.one', 'bob.one'],
])('of the name %s and the ending %s comes the handle %s', (name, domain, handle) => {
  const form = new URLSearchParams({ name, ...(domain !== undefined && { domain }) })
  for (const domains of [
    ['.one', '.host.one', '.two'],
    ['.one', '.two', '.host.one'],
  ]) {
    const filled = readFilled(form, domains)
    expect([filled.handle, filled.values.name, filled.isOffered]).toEqual([handle, 'bob', true])
  }
})
