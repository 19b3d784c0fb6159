import { SpanStatusCode } from '@opentelemetry/api'
import { expect, it } from 'vitest'
import { ActionName, EventType } from '../../src/index.js'
import { Story } from '../support/story.js'
import { createTelemetry, type Telemetry } from '../support/telemetry.js'

const CALLS = 'storage_lock.storage.operation.duration'

const failedNames = (telemetry: Telemetry): string[] =>
  telemetry
    .spans()
    .filter((span) => span.status.code === SpanStatusCode.ERROR)
    .map((span) => span.name)
    .sort()

// The lost race before the time was up was shown as the error that ended the call. It would have been retried.
it('shows no error of the storage where an acquire timed out after a lost race', async () => {
  const story = new Story()
  story.lock({ versionMisses: 1, outcome: 'timeout' })
  const telemetry = createTelemetry()
  await telemetry.tell(story.lines)
  expect(failedNames(telemetry)).toEqual(['StorageLock.Lock', 'timeout'])
  const metrics = await telemetry.metrics()
  expect(metrics.count(CALLS, { 'storage_lock.outcome': 'error' })).toBe(0)
  expect(metrics.count(CALLS, { 'storage_lock.operation': 'create', 'storage_lock.outcome': 'miss' })).toBe(1)
  await telemetry.close()
})

it('shows none where a release timed out after a lost race', async () => {
  const story = new Story()
  const held = story.lock({ watchDog: false })
  story.unlock(held, 'error')
  const lines = story.lines.filter((line) => line.actions[0]?.name !== ActionName.UnlockError)
  const finish = lines.at(-1)
  const root = lines.find((line) => line.actions[0]?.name === ActionName.Unlock)
  if (finish === undefined || root === undefined) throw new Error('no release')
  for (const line of lines) {
    const action = line.actions[0]
    if (action?.name === ActionName.StorageDeleteWithVersionError) {
      action.name = ActionName.StorageDeleteWithVersionMiss
    }
  }
  const timeout = finish.fork(finish.startTime).addActionByName(ActionName.Timeout)
  timeout.parentId = finish.parentId
  const [action] = timeout.actions
  if (action !== undefined) action.startTime = finish.startTime
  timeout.endTime = finish.startTime
  const telemetry = createTelemetry()
  await telemetry.tell([...lines, timeout])
  expect(failedNames(telemetry)).toEqual(['StorageLock.Unlock', 'timeout'])
  const metrics = await telemetry.metrics()
  expect(metrics.count(CALLS, { 'storage_lock.operation': 'delete', 'storage_lock.outcome': 'miss' })).toBe(1)
  await telemetry.close()
})

// A storage may answer with nothing where there is no record: that is no error of a call that failed after it.
it('shows no error of the look-up that found no lock yet', async () => {
  const story = new Story()
  const type = EventType.Lock
  const root = story.publish(story.act(story.event(type), ActionName.LockBegin))
  const attempt = story.say(type, root, ActionName.TryLockBegin)
  story.say(type, attempt, ActionName.LockNotFoundError)
  const notExists = story.say(type, attempt, ActionName.LockNotExists)
  story.say(type, notExists, ActionName.StorageGetTimeError, { err: {} })
  story.say(type, root, ActionName.LockError, { err: {} })
  story.say(type, root, ActionName.LockFinish)
  const telemetry = createTelemetry()
  await telemetry.tell(story.lines)
  expect(failedNames(telemetry)).not.toContain(ActionName.LockNotFoundError)
  expect(failedNames(telemetry)).toContain(ActionName.StorageGetTimeError)
  await telemetry.close()
})

it('tells what kind of error the watch dog met, where the error itself is lost', async () => {
  const story = new Story()
  const held = story.lock()
  story.wait(1)
  story.renew(held, 'not_owner')
  const dog = held.dog
  if (dog === undefined) throw new Error('no watch dog')
  story.say(EventType.Lock, dog, ActionName.NotLockOwner, { err: {}, dog: dog.watchDogId })
  const telemetry = createTelemetry()
  await telemetry.tell(story.lines)
  const span = telemetry.spans().find((each) => each.name === ActionName.NotLockOwner)
  expect(span?.attributes['error.type']).toBe('not_lock_owner')
  await telemetry.close()
})
