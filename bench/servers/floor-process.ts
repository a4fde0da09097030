/**
 * The least that a server in Node can do: `node:http` which answers everything with the same bytes:
 * `node floor-process.ts PORT FILE_OF_THE_ANSWER`.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { aborted, untilAskedToEnd } from '../../src/cli/signals.ts'
import type { FloorAnswer } from './floor.ts'

const [port, path] = process.argv.slice(2)
if (port === undefined || path === undefined) throw new Error('the port or the file is missing')
const { headers, body } = JSON.parse(readFileSync(path, 'utf8')) as FloorAnswer
const end = untilAskedToEnd()
const server = createServer((_request, response) => {
  response.writeHead(200, [...headers])
  response.end(body)
})
server.listen(Number(port), '127.0.0.1')
await aborted(end)
server.closeAllConnections()
server.close()
