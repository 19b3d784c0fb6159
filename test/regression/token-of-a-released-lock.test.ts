import { expect, it } from 'vitest'
import { ActionName, EventType } from '../../src/index.js'
import { Story } from '../support/story.js'
import { createTelemetry, nanoseconds } from '../support/telemetry.js'

// The record of a lock in a storage that cannot delete says that nobody holds it: one more event after the storage's
// answer, which did not count as part of the call.
it.each([ActionName.LockNotExists, ActionName.LockNotFoundError, ActionName.NotLockOwner])(
  'spans the reading of a fencing token that ends with %s to its end',
  async (last) => {
    const story = new Story()
    const type = EventType.Unknown
    const root = story.event(type)
    const info = story.say(type, root, ActionName.GetLockInformationBegin)
    story.say(type, info, ActionName.StorageGet, { timed: true })
    if (last !== ActionName.LockNotFoundError) story.say(type, info, ActionName.StorageGetSuccess)
    const end = story.say(type, last === ActionName.LockNotFoundError ? info : root, last)
    const telemetry = createTelemetry()
    await telemetry.tell(story.lines)
    const span = telemetry.spans().find((each) => each.parentSpanContext === undefined)
    expect(span?.name).toBe('StorageLock.GetFencingToken')
    expect(nanoseconds(span?.endTime ?? [0, 0])).toBe(nanoseconds(end.endTime ?? [0, 0]))
    await telemetry.close()
  },
)
