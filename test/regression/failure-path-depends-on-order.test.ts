import { expect, it } from 'vitest'
import { Action, ActionName, Event, EventType } from '../../src/index.js'
import { createTelemetry } from '../support/telemetry.js'

// Of two failures below an event, the event showed the one that came first, not the one that was first.
it.each([false, true])('shows the earliest failure on the path to it (reversed: %s)', async (reversed) => {
  const event = (id: string, parentId: string, name: string, second: number, err: unknown): Event => {
    const each = new Event('lock', id, [second, 0]).setRootId('root').setType(EventType.Lock)
    each.parentId = parentId
    const action = new Action(name, [second, 0])
    action.err = err
    return each.addAction(action)
  }
  const lines = [
    event('root', '', ActionName.LockBegin, 100, null),
    event('try', 'root', ActionName.TryLockBegin, 101, null),
    event('first', 'try', ActionName.StorageGetTimeError, 102, { code: 'FIRST' }),
    event('second', 'try', ActionName.GetLeaseExpireTimeError, 103, { code: 'SECOND' }),
    event('error', 'root', ActionName.LockError, 104, { code: 'FIRST' }),
    event('finish', 'root', ActionName.LockFinish, 105, null),
  ]
  const telemetry = createTelemetry({ settle: 250 })
  await telemetry.tell(reversed ? lines.reverse() : lines)
  const attempt = telemetry.spans().find((span) => span.name === 'StorageLock.Lock.Try')
  expect(attempt?.attributes['error.type']).toBe('FIRST')
})
