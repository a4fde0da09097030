import { expect, test } from 'vitest'
import { timeByPart } from '../../bench/profile/parts.ts'

test('a profile is summed up by part: native work goes to its caller, the database stands apart, idling is left out', () => {
  const frame = (functionName: string, url = '') => ({ callFrame: { functionName, url } })
  const times = timeByPart({
    nodes: [
      { id: 1, ...frame('(root)'), children: [2, 3, 4, 5] },
      { id: 2, ...frame('(idle)') },
      { id: 3, ...frame('(garbage collector)') },
      { id: 4, ...frame('parserOnIncoming', 'node:_http_server'), children: [6] },
      { id: 5, ...frame('read', 'file:///srv/dist/store/sqlite/file/connection.js'), children: [7] },
      { id: 6, ...frame('get', 'file:///srv/node_modules/lru-cache/dist/index.js'), children: [8] },
      { id: 7, ...frame('get') },
      { id: 8, ...frame('hash') },
    ],
    samples: [2, 3, 4, 5, 6, 7, 8, 7],
    timeDeltas: [1000, 10, 20, 30, 40, 50, 60, 70],
  })
  expect(Object.fromEntries(times)).toEqual({
    'garbage collection': 10,
    'Node: HTTP': 20,
    'Latchkey: store': 30,
    'lru-cache': 100,
    SQLite: 120,
  })
})
