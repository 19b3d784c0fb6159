// A lock of the program's own, with OpenTelemetry's NodeSDK. The set-up is in telemetry.mjs.
import { setTimeout as sleep } from 'node:timers/promises'
import { instrument } from 'storage-lock-otel/instrument'
import { listener, shutdown } from './telemetry.mjs'

/** A lock as a program might have one; it knows nothing of telemetry. */
class Lock {
  #waiting = []
  #held = false

  async acquire() {
    while (this.#held) await new Promise((resolve) => this.#waiting.push(resolve))
    this.#held = true
  }

  release() {
    this.#held = false
    this.#waiting.shift()?.()
  }
}

const lock = instrument(new Lock(), { lockId: 'report', storageName: 'in-process', listeners: [listener] })

await Promise.all(
  Array.from({ length: 3 }, async () => {
    await lock.acquire()
    try {
      await sleep(50)
    } finally {
      lock.release()
    }
  }),
)
await shutdown()
