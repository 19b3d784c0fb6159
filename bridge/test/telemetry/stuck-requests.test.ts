import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { cutStuckRequests } from '../../src/telemetry/stuck-requests.js'

it('cuts off requests that take too long, and no others', async () => {
  const server = createServer((incoming, response) => {
    response.writeHead(200)
    if (incoming.url === '/quick') response.end('done')
    else response.write('begun')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const get = (path: string): Promise<string> =>
    new Promise((resolve) => {
      const outgoing = request({ port, path }, (response) => {
        response.resume()
        response.on('end', () => resolve('ended'))
        response.on('error', () => resolve('cut off'))
      })
      outgoing.on('error', () => resolve('failed'))
      outgoing.end()
    })
  const release = cutStuckRequests(100)
  expect(await Promise.all([get('/quick'), get('/drip')])).toEqual(['ended', 'cut off'])
  release()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
