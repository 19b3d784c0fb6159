// What the user's lock pays: acquire and release of a lock in memory, without a listener and with one.
import { Action, ActionName, Event, EventType, LockInformation, OtelListener } from '../dist/esm/index.js'
import { interleave, ratio, summary, turn } from './harness/measure.mjs'
import { report } from './harness/report.mjs'
import { tracing } from './support/providers.mjs'

const { rounds, warmUp, calls, record } = report('lock', {
  full: { rounds: 60, warmUp: 60, calls: 100 },
  short: { rounds: 20, warmUp: 20, calls: 100 },
})

/** A lock that does next to nothing itself and publishes what Storage Lock would. */
class Lock {
  #listeners
  #record

  constructor(listeners) {
    this.#listeners = listeners
  }

  acquire() {
    const root = this.#root(EventType.Lock, ActionName.LockBegin)
    const attempt = root.fork().addActionByName(ActionName.TryLockBegin)
    attempt.publish()
    this.#stored(attempt, ActionName.StorageGet)
    this.#record = new LockInformation('order-42', 'owner-1', 1, 1, root.startTime, root.startTime)
    this.#stored(attempt, ActionName.StorageCreateWithVersion, this.#record)
    root.fork().addActionByName(ActionName.LockSuccess).publish()
    root.fork().addActionByName(ActionName.LockFinish).publish()
  }

  release() {
    const root = this.#root(EventType.Unlock)
    const unlock = root.fork().addActionByName(ActionName.Unlock)
    unlock.publish()
    this.#stored(unlock, ActionName.StorageGet)
    const release = unlock.fork()
    release
      .addAction(new Action(ActionName.UnlockRelease).addPayload('lockInformation', this.#record))
      .publish()
    this.#stored(release, ActionName.StorageDeleteWithVersion, this.#record)
    root.fork().addActionByName(ActionName.UnlockSuccess).publish()
    root.fork().addActionByName(ActionName.UnlockFinish).publish()
  }

  #root(type, name) {
    const root = new Event('order-42').setType(type).setOwnerId('owner-1').setStorageName('memory-storage')
    root.setListeners(this.#listeners)
    if (name !== undefined) root.addActionByName(name).publish()
    return root
  }

  #stored(parent, name, lockInformation) {
    const action = new Action(name).addPayload('lockId', 'order-42')
    if (lockInformation !== undefined) action.addPayload('lockInformation', lockInformation)
    parent.fork().addAction(action.end()).publish()
  }
}

const { provider } = tracing()
const listener = new OtelListener({ tracerProvider: provider })
const locks = {
  'no listener': new Lock([]),
  'a listener that does nothing': new Lock([{ name: 'nothing', on() {} }]),
  OtelListener: new Lock([listener]),
}
const candidates = Object.entries(locks).map(([name, lock]) => ({
  name,
  // Only what happens within the calls: what is put off until after them is measured by `listener`.
  run: () => {
    for (let call = 0; call < calls; call++) {
      lock.acquire()
      lock.release()
    }
  },
  verify: async () => {
    await listener.forceFlush()
    await provider.forceFlush()
    await turn()
  },
}))
const times = await interleave(candidates, { rounds, warmUp })
for (const [name, found] of times) {
  record({ name, unit: 'µs a pair', ...summary(found.map((ms) => (ms * 1000) / calls)) })
}
record({
  name: 'OtelListener ÷ no listener',
  unit: 'ratio',
  ...ratio(times.get('OtelListener'), times.get('no listener')),
})
await listener.shutdown()
