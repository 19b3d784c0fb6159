// async-mutex in an HTTP server: requests that want the same report wait for each other, and each request's
// trace shows how long. Sends itself some requests and ends; with PORT set it stays.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Mutex, withTimeout } from 'async-mutex'
import { instrumentAsyncMutex } from 'storage-lock-otel/async-mutex'
import { listener, shutdown } from '../node-sdk/telemetry.mjs'

// The only line that is new. What `withTimeout` makes of a mutex can be given too: a wait that it ends is a
// timeout in the metrics.
const mutex = instrumentAsyncMutex(withTimeout(new Mutex(), 300), { lockId: 'report', listeners: [listener] })

const server = createServer((_request, response) => {
  mutex
    .runExclusive(() => sleep(80))
    .then(() => response.end('the report\n'))
    .catch((error) => response.writeHead(503).end(`${error.message}\n`))
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/`

if (process.env.PORT === undefined) {
  const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(url)))
  console.log(`six requests at once: ${answers.map(({ status }) => status).join(', ')}`)
  server.closeAllConnections()
  server.close()
  await shutdown()
} else {
  console.log(`listening on ${url}`)
  process.once('SIGINT', () => {
    server.closeAllConnections()
    server.close()
    void shutdown()
  })
}
