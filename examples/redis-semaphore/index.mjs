// redis-semaphore on a real Redis: a mutex that is refreshed, a semaphore for two, and a lock that is lost.
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import * as redisSemaphore from 'redis-semaphore'
import { instrumentRedisSemaphore } from 'storage-lock-otel/redis-semaphore'
import { listener, shutdown } from '../node-sdk/telemetry.mjs'

const client = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')

// The only line that is new; a single class can be given as well as the module.
const { Mutex, Semaphore } = instrumentRedisSemaphore(redisSemaphore, { listeners: [listener] })

const mutex = new Mutex(client, 'invoice-7', { lockTimeout: 500, refreshInterval: 150 })
await mutex.acquire()
await sleep(700)
await mutex.release()

await Promise.all(
  Array.from({ length: 4 }, async (_, worker) => {
    const semaphore = new Semaphore(client, 'printers', 2, { retryInterval: 40 })
    await semaphore.acquire()
    console.log(`worker ${worker} prints`)
    await sleep(200)
    await semaphore.release()
  }),
)

await new Promise((resolve) => {
  const stolen = new Mutex(client, 'invoice-8', {
    lockTimeout: 500,
    refreshInterval: 100,
    onLockLost(error) {
      console.log(`invoice-8: ${error.message}`)
      resolve()
    },
  })
  void stolen.acquire().then(() => client.del('mutex:invoice-8'))
})

await client.quit()
await shutdown()
