/**
 * Hardly more than what a server in Node has to do that asks another one: `node:http` which passes each request on to one address,
 * by the caller's authorization, and answers with what comes back: `node relay-process.ts PORT URL`.
 */
import { Agent, createServer, request } from 'node:http'
import { aborted, untilAskedToEnd } from '../../src/cli/signals.ts'

const [port, url] = process.argv.slice(2)
if (port === undefined || url === undefined) throw new Error('the port or the address is missing')
const end = untilAskedToEnd()
const agent = new Agent({ keepAlive: true })
const server = createServer(({ headers: { authorization } }, response) => {
  if (authorization === undefined) {
    response.end('ready')
    return
  }
  const asked = request(url, { agent, headers: { authorization } }, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () => {
      const body = Buffer.concat(chunks)
      const headers = { 'content-type': 'application/json', 'content-length': body.byteLength }
      response.writeHead(answer.statusCode ?? 502, headers).end(body)
    })
  })
  asked.on('error', (error) => response.destroy(error)).end()
})
server.listen(Number(port), '127.0.0.1')
await aborted(end)
server.closeAllConnections()
server.close()
agent.destroy()
