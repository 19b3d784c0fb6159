import { expect, it } from 'vitest'
import { LockListeners } from '../../src/bindings/internal/listeners.js'
import { Recorder } from '../../src/bindings/internal/recorder.js'
import { type Event, now } from '../../src/events/index.js'
import { createTelemetry, ManualClock, turn } from '../support/telemetry.js'

// At the end of a file all trees settle together, calls before renewals: a hold whose lock was taken over was taken
// for expired, and the loss that its owner had told of before was counted once more.
it('counts a lease that was lost before its lock was taken over as lost, once', async () => {
  const told: Event[] = []
  const listeners = new LockListeners([{ name: 'told', on: (_ctx, event) => void told.push(event) }])
  const recorder = new Recorder({ listeners, storageName: 'files', ownerId: undefined })
  const clock = new ManualClock()
  const telemetry = createTelemetry({ clock, settle: 250 })
  const read = async (): Promise<void> => {
    for (const event of told.splice(0)) telemetry.listener.on(undefined, event)
    await turn()
  }

  const waiter = recorder.acquire('job', 'B').begun()
  const hold = recorder.acquire('job', 'A').acquired({}, now(), { watched: true })
  await read()
  clock.advance(250)
  recorder.created('job')
  await read()
  hold.lost('not_found', new Error('the disk is gone'))
  recorder.release(waiter.acquired({}, undefined, { takeover: true })).done()
  await read()
  clock.advance(250)
  recorder.created('job')
  await read()

  const metrics = await telemetry.metrics()
  const ends = ['lost', 'expired', 'released'].map((end) =>
    metrics.count('storage_lock.hold.duration', { 'storage_lock.hold.end': end }),
  )
  expect(ends).toEqual([1, 0, 1])
  expect(metrics.value('storage_lock.lease.losses')).toBe(1)
  await telemetry.close()
})
