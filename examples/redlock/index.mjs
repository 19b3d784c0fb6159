// redlock 5 on a real Redis: three workers contend, a long one is extended, and one loses its lock.
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import Redlock from 'redlock'
import { instrumentRedlock } from 'storage-lock-otel/redlock'
import { listener, shutdown } from '../node-sdk/telemetry.mjs'

const client = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')

// The only line that is new. `@sesamecare-oss/redlock` and redlock 4 go the same way.
const InstrumentedRedlock = instrumentRedlock(Redlock, { listeners: [listener] })

const redlock = new InstrumentedRedlock([client], {
  retryCount: 50,
  retryDelay: 100,
  // Extends a lock when so much of its lease is left.
  automaticExtensionThreshold: 2500,
})

// A lease of three seconds, which `using` extends after half a second.
await Promise.all(
  ['a', 'b', 'c'].map((worker) =>
    redlock.using(['order-42'], 3000, async () => {
      console.log(`worker ${worker} has order-42`)
      await sleep(800)
    }),
  ),
)

// Somebody deletes the key: the lease is lost. The binding tells of it at the first extension that fails.
const impatient = new InstrumentedRedlock([client], { retryCount: 0, automaticExtensionThreshold: 300 })
await impatient
  .using(['order-43'], 600, async (signal) => {
    await client.set('order-43', 'somebody else')
    await sleep(900)
    console.log(`order-43 is ${signal.aborted ? 'lost' : 'still ours'}: ${signal.error?.message}`)
  })
  .catch((error) => console.log(`its release was refused: ${error.message}`))

await client.del('order-43')
await client.quit()
await shutdown()
