import { context, createContextKey } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import * as library from 'async-mutex'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instrumentAsyncMutex, listenersOf } from '../../src/bindings/async-mutex.js'
import { Recorded } from './support/derive.js'
import { contend, pause, shareWithin2ms } from './support/workers.js'

const recorded = new Recorded()
const bound = instrumentAsyncMutex(library, { listeners: [recorded] })

beforeEach(() => recorded.clear())

describe('a bound mutex', () => {
  it('tells of acquires, waits, holds and releases what the workers measured', async () => {
    const mutex = new bound.Mutex()
    const measured = await contend(5, 6, async (_worker, held, released) => {
      const release = await mutex.acquire()
      held()
      await pause(2)
      release()
      released()
    })
    expect(recorded.creates).toHaveLength(1)
    expect(recorded.acquires.map(({ outcome }) => outcome)).toEqual(Array(30).fill('acquired'))
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(Array(30).fill('released'))
    expect(recorded.acquires.filter(({ busy }) => busy === 1)).toHaveLength(29)
    const waits = recorded.acquires.map(({ wait }) => wait * 1000)
    const holds = recorded.holds.map(({ seconds }) => seconds * 1000)
    expect(shareWithin2ms(waits, measured.waits)).toBeGreaterThan(0.5)
    expect(shareWithin2ms(holds, measured.holds)).toBeGreaterThan(0.5)
  })

  it('names who holds it to those who wait', async () => {
    const mutex = new bound.Mutex()
    const release = await mutex.acquire()
    const waiting = mutex.acquire()
    release()
    ;(await waiting)()
    const [holder, waiter] = recorded.acquires
    const busy = recorded.actions('StorageLock.Lock.Begin.Busy').map(({ event, action }) => ({
      owner: event.ownerId,
      holder: action.payloadAsLockInformation('lockInformation')?.ownerId,
    }))
    expect(busy).toEqual([
      { owner: waiter?.ownerId, holder: holder?.ownerId },
      { owner: waiter?.ownerId, holder: undefined },
    ])
  })

  it('never shows two holders at once', async () => {
    const mutex = new bound.Mutex()
    await Promise.all(Array.from({ length: 20 }, () => mutex.runExclusive(() => pause(0))))
    let held = 0
    for (const name of recorded.names) {
      if (name === 'StorageLock.Lock.Begin.Success') held += 1
      if (name === 'StorageLock.Unlock.Success') held -= 1
      expect(held).toBeGreaterThanOrEqual(0)
      expect(held).toBeLessThanOrEqual(1)
    }
    expect(recorded.holds).toHaveLength(20)
  })

  it('returns and throws what the callback does', async () => {
    const mutex = new bound.Mutex()
    const error = new Error('callback')
    expect(await mutex.runExclusive(() => 1)).toBe(1)
    expect(await mutex.runExclusive(async () => 2)).toBe(2)
    await expect(mutex.runExclusive(() => Promise.reject(error))).rejects.toBe(error)
    await expect(
      mutex.runExclusive(() => {
        throw error
      }),
    ).rejects.toBe(error)
    expect(recorded.acquires.map(({ outcome }) => outcome)).toEqual(Array(4).fill('acquired'))
    expect(recorded.holds).toHaveLength(4)
    expect(mutex.isLocked()).toBe(false)
  })

  it('is released by its own `release` too, and by a releaser once', async () => {
    const mutex = new bound.Mutex()
    mutex.release()
    const release = await mutex.acquire()
    mutex.release()
    expect(mutex.isLocked()).toBe(false)
    const second = await mutex.acquire()
    second()
    second()
    expect(release).toBeTypeOf('function')
    expect(recorded.releases).toHaveLength(2)
  })

  it('rejects those who wait with the error it is cancelled by', async () => {
    const canceled = new Error('canceled')
    const mutex = new bound.Mutex(canceled)
    const release = await mutex.acquire()
    const waiting = [mutex.acquire(), mutex.runExclusive(() => undefined)]
    mutex.cancel()
    for (const each of waiting) await expect(each).rejects.toBe(canceled)
    release()
    expect(recorded.acquires.map(({ outcome }) => outcome)).toEqual(['acquired', 'error', 'error'])
    expect(recorded.holds).toHaveLength(1)
  })

  it('says that a wait was ended by `withTimeout` or `tryAcquire`', async () => {
    const mutex = new bound.Mutex()
    const own = new Error('too long')
    const release = await mutex.acquire()
    await expect(bound.withTimeout(mutex, 5).acquire()).rejects.toBe(library.E_TIMEOUT)
    await expect(bound.withTimeout(mutex, 5, own).runExclusive(() => 0)).rejects.toBe(own)
    await expect(bound.tryAcquire(mutex).acquire()).rejects.toBe(library.E_ALREADY_LOCKED)
    expect(recorded.acquires.slice(1).map(({ outcome }) => outcome)).toEqual([
      'timeout',
      'timeout',
      'timeout',
    ])
    release()
    await pause(1)
    // The waits given up were granted in the end, and given back at once: nobody held it.
    expect(recorded.holds).toHaveLength(1)
    await bound.withTimeout(mutex, 50).runExclusive(() => undefined)
    expect(recorded.holds).toHaveLength(2)
  })

  it('is an instance of the class, extensible, and decorated by the library itself as well', async () => {
    class Named extends bound.Mutex {
      readonly label = 'named'
      guard() {
        return this.runExclusive(() => this.label)
      }
    }
    const mutex = new Named()
    expect(mutex).toBeInstanceOf(library.Mutex)
    expect(mutex).toBeInstanceOf(Named)
    expect(await mutex.guard()).toBe('named')
    expect(recorded.holds).toHaveLength(1)
    await library.withTimeout(mutex, 100).runExclusive(() => undefined)
    expect(recorded.holds).toHaveLength(2)
  })

  it('is not disturbed by a listener that throws', async () => {
    const mutex = instrumentAsyncMutex(new library.Mutex(), {
      lockId: 'mine',
      listeners: [
        {
          name: 'throwing',
          on: () => {
            throw new Error('listener')
          },
        },
        recorded,
      ],
    })
    expect(await mutex.runExclusive(() => 'done')).toBe('done')
    expect(recorded.acquires).toMatchObject([{ lockId: 'mine' }])
  })

  it('tells nobody when nobody listens, and whoever is added later', async () => {
    const mutex = instrumentAsyncMutex(new library.Mutex())
    const release = await mutex.acquire()
    const added = listenersOf(mutex).add(recorded)
    release()
    await mutex.runExclusive(() => undefined)
    added.remove(recorded)
    await mutex.runExclusive(() => undefined)
    expect(recorded.acquires).toHaveLength(1)
    expect(recorded.releases).toHaveLength(1)
  })
})

describe('a bound semaphore', () => {
  it('hands out its values, and takes them back by weight', async () => {
    const semaphore = new bound.Semaphore(3)
    const [value, release] = await semaphore.acquire(2)
    expect(value).toBe(3)
    expect(semaphore.getValue()).toBe(1)
    const [second] = await semaphore.acquire()
    expect(second).toBe(1)
    expect(recorded.acquires.map(({ busy }) => busy)).toEqual([0, 0])
    const waiting = semaphore.acquire(2, 1)
    semaphore.release(1)
    expect(recorded.releases).toHaveLength(0)
    semaphore.release(2)
    expect(recorded.releases).toHaveLength(2)
    expect((await waiting)[0]).toBe(3)
    expect(recorded.acquires[2]?.busy).toBe(1)
    expect(release).toBeTypeOf('function')
  })

  it('throws at once for a weight that is none', () => {
    const semaphore = new bound.Semaphore(1)
    expect(() => semaphore.acquire(0)).toThrow('invalid weight 0: must be positive')
    expect(() => semaphore.release(-1)).toThrow('invalid weight')
    expect(() => bound.withTimeout(semaphore, 1).acquire(-1)).toThrow('invalid weight')
    expect(recorded.acquires.map(({ outcome }) => outcome)).toEqual(['error', 'error'])
  })

  it('passes its value to the callback, and waiters by `setValue`', async () => {
    const semaphore = new bound.Semaphore(0)
    const waiting = semaphore.runExclusive((value) => value)
    semaphore.setValue(2)
    expect(await waiting).toBe(2)
    expect(semaphore.getValue()).toBe(2)
    await semaphore.waitForUnlock()
    expect(recorded.holds).toHaveLength(1)
  })

  it('never shows more holders than it admits', async () => {
    const semaphore = new bound.Semaphore(2)
    const measured = await contend(6, 4, async (_worker, held, released) => {
      await semaphore.runExclusive(async () => {
        held()
        await pause(1)
        released()
      })
    })
    expect(measured.waits).toHaveLength(24)
    expect(recorded.holds).toHaveLength(24)
    let held = 0
    for (const name of recorded.names) {
      if (name === 'StorageLock.Lock.Begin.Success') held += 1
      if (name === 'StorageLock.Unlock.Success') held -= 1
      expect(held).toBeLessThanOrEqual(2)
    }
  })
})

describe('with the context of the caller', () => {
  const key = createContextKey('request')

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  })
  afterAll(() => context.disable())

  it('publishes in it, and runs the callback in it', async () => {
    const mutex = new bound.Mutex()
    const inside = await Promise.all(
      ['a', 'b', 'c'].map((request) =>
        context.with(context.active().setValue(key, request), () =>
          mutex.runExclusive(async () => {
            await pause(1)
            return context.active().getValue(key)
          }),
        ),
      ),
    )
    expect(inside).toEqual(['a', 'b', 'c'])
    expect(recorded.acquires.map(({ ctx }) => ctx?.getValue(key))).toEqual(['a', 'b', 'c'])
  })
})

it('is a TypeError when given something else, or a wrong option', () => {
  expect(() => instrumentAsyncMutex(new library.Mutex(), { listener: [] } as never)).toThrow(
    new TypeError(
      'instrumentAsyncMutex: listener is not an option; there are listeners, storageName, ownerId, lockId',
    ),
  )
  expect(() => instrumentAsyncMutex({})).toThrow(TypeError)
  expect(() => instrumentAsyncMutex(new library.Mutex(), { lockId: 1 } as never)).toThrow(
    'instrumentAsyncMutex: lockId must be a string or a function',
  )
})
