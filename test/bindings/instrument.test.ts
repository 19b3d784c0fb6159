import { beforeEach, describe, expect, it } from 'vitest'
import { instrument, type Lockable, listenersOf } from '../../src/bindings/instrument.js'
import { Recorded } from './support/derive.js'
import { WebLocks } from './support/web-locks.js'
import { contend, pause, shareWithin2ms } from './support/workers.js'

const recorded = new Recorded()
const listeners = [recorded]

beforeEach(() => recorded.clear())

/** A lock as a program might have one: with private fields, and methods that use its own. */
class KeyLock {
  readonly #held = new Set<string>()
  readonly #waiting: (() => void)[] = []

  async acquire(key: string): Promise<boolean> {
    while (this.#held.has(key)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#held.add(key)
    return true
  }

  release(key: string): boolean {
    const held = this.#held.delete(key)
    this.#waiting.shift()?.()
    return held
  }

  async extend(key: string): Promise<boolean> {
    return this.#held.has(key)
  }

  async using<T>(key: string, work: () => Promise<T>): Promise<T> {
    await this.acquire(key)
    try {
      return await work()
    } finally {
      this.release(key)
    }
  }

  steal(key: string): void {
    this.#held.delete(key)
  }

  get size(): number {
    return this.#held.size
  }
}

describe('a lock of the program', () => {
  it('tells of acquires, waits, holds and releases what the workers measured', async () => {
    const lock = instrument(new KeyLock(), { listeners })
    const measured = await contend(4, 5, async (_worker, held, released) => {
      await lock.acquire('a')
      held()
      await pause(2)
      lock.release('a')
      released()
    })
    expect(recorded.acquires).toHaveLength(20)
    expect(recorded.acquires.every(({ lockId, outcome }) => lockId === 'a' && outcome === 'acquired')).toBe(
      true,
    )
    const waits = recorded.acquires.map(({ wait }) => wait * 1000)
    const holds = recorded.holds.map(({ seconds }) => seconds * 1000)
    expect(shareWithin2ms(waits, measured.waits)).toBeGreaterThan(0.5)
    expect(shareWithin2ms(holds, measured.holds)).toBeGreaterThan(0.5)
  })

  it('is itself: its private fields, getters and other methods work, and are seen', async () => {
    const original = new KeyLock()
    const lock = instrument(original, { listeners })
    expect(lock).toBe(original)
    expect(Object.keys(lock)).toEqual([])
    expect(await lock.using('a', async () => lock.size)).toBe(1)
    expect(recorded.holds).toHaveLength(1)
  })

  it('tells which of several locks is meant', async () => {
    const lock = instrument(new KeyLock(), { listeners, lockId: (key) => `order-${key}` })
    await lock.acquire('1')
    await lock.acquire('2')
    lock.release('2')
    lock.release('1')
    expect(recorded.releases.map(({ lockId }) => lockId)).toEqual(['order-2', 'order-1'])
    expect(recorded.holds.map(({ lockId }) => lockId)).toEqual(['order-2', 'order-1'])
  })

  it('tells of renewals, and of a refused one as a loss', async () => {
    const lock = instrument(new KeyLock(), { listeners, lease: 1000 })
    await lock.acquire('a')
    await lock.extend('a')
    lock.steal('a')
    await lock.extend('a')
    await lock.extend('a')
    expect(recorded.renewals).toEqual(['Storage.UpdateWithVersion-success', 'not-lock-owner'])
    expect(lock.release('a')).toBe(false)
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(['refused'])
  })

  it('reads the outcome as it is told to', async () => {
    const busy = new Error('busy')
    const broken = new Error('broken')
    const results: unknown[] = [{ ok: true, tries: 3 }, { ok: false, tries: 2 }, busy, broken]
    const lock = instrument(
      {
        acquire: async (): Promise<{ ok: boolean; tries: number }> => {
          const result = results.shift()
          if (result instanceof Error) throw result
          return result as { ok: boolean; tries: number }
        },
        release: () => undefined,
      },
      {
        listeners,
        lockId: 'fixed',
        isAcquired: ({ ok }) => ok,
        isBusy: (error) => error === busy,
        attempts: (result) => result?.tries ?? 1,
      },
    )
    await lock.acquire()
    await lock.acquire()
    await expect(lock.acquire()).rejects.toBe(busy)
    await expect(lock.acquire()).rejects.toBe(broken)
    expect(recorded.creates.map(({ lockId }) => lockId)).toEqual(['fixed'])
    expect(recorded.acquires).toMatchObject([
      { outcome: 'acquired', attempts: 3 },
      { outcome: 'timeout', attempts: 2 },
      { outcome: 'timeout', attempts: 1 },
      { outcome: 'error', error: 'broken' },
    ])
  })

  it('may be synchronous, and may throw', () => {
    const error = new Error('no')
    let fail = false
    const lock = instrument(
      {
        acquire(this: { held: boolean }) {
          if (fail) throw error
          this.held = true
        },
        release(this: { held: boolean }) {
          this.held = false
        },
        held: false,
      },
      { listeners },
    )
    lock.acquire()
    expect(lock.held).toBe(true)
    lock.release()
    fail = true
    expect(() => lock.acquire()).toThrow(error)
    expect(recorded.acquires.map(({ outcome }) => outcome)).toEqual(['acquired', 'error'])
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(['released'])
  })

  it('may hand out a releaser, or an object that releases itself', async () => {
    class Handle {
      readonly #lock: { free: number }
      constructor(lock: { free: number }) {
        this.#lock = lock
      }
      async release(): Promise<void> {
        this.#lock.free += 1
      }
    }
    const counts = { free: 0 }
    const byFunction = instrument(
      { acquire: async () => () => ++counts.free, release: () => undefined },
      { listeners },
    )
    expect((await byFunction.acquire())()).toBe(1)
    const byObject = instrument(
      { acquire: () => new Handle(counts), release: () => undefined },
      { listeners },
    )
    const handle = byObject.acquire()
    expect(handle).toBeInstanceOf(Handle)
    await handle.release()
    expect(counts.free).toBe(2)
    expect(recorded.holds).toHaveLength(2)
  })

  it('is released by the handle that it is given back, in any order', async () => {
    const lock = instrument(
      { acquire: async () => ({ id: {} }), release: async (_handle: { id: object }) => undefined },
      { listeners, lockId: 'pool', ownerId: 'me' },
    )
    const first = await lock.acquire()
    const second = await lock.acquire()
    await pause(5)
    await lock.release(second)
    await pause(15)
    await lock.release(first)
    const [a, b] = recorded.holds
    expect(a?.seconds).toBeLessThan(b?.seconds ?? 0)
  })

  it('is released by the token that it is given back, whatever else that says', async () => {
    let count = 0
    const lock = instrument(
      { acquire: async (_key: string) => `token-${++count}`, release: async (..._given: string[]) => true },
      { listeners, ownerId: 'me' },
    )
    const [first, second, other] = [await lock.acquire('a'), await lock.acquire('a'), await lock.acquire('b')]
    await pause(5)
    await lock.release('a', second)
    await pause(15)
    await lock.release(first)
    await lock.release(other)
    expect(recorded.releases.map(({ lockId }) => lockId)).toEqual(['a', 'a', 'b'])
    expect(recorded.holds).toHaveLength(3)
    expect(recorded.holds[0]?.seconds).toBeLessThan(recorded.holds[1]?.seconds ?? 0)
  })

  it('is released through a pooled client whose methods are made anew', async () => {
    const client = { release: (): void => undefined }
    const lock = instrument(
      {
        acquire: async () => {
          client.release = (): void => undefined
          return client
        },
        release: () => undefined,
      },
      { listeners },
    )
    for (let round = 1; round <= 3; round += 1) {
      const held = await lock.acquire()
      expect(held).toBe(client)
      held.release()
      expect(recorded.releases).toHaveLength(round)
    }
  })

  it('is released where a handle is disposed of, and renewed by its own `extend`', async () => {
    class Handle {
      readonly #lock: Pool
      constructor(lock: Pool) {
        this.#lock = lock
      }
      async extend(): Promise<Handle> {
        await this.#lock.extend(this)
        return new Handle(this.#lock)
      }
      [Symbol.dispose](): void {}
      async [Symbol.asyncDispose](): Promise<void> {
        await this.#lock.release(this)
      }
    }
    class Pool {
      async acquire(): Promise<Handle> {
        return new Handle(this)
      }
      async extend(_handle: Handle): Promise<boolean> {
        return true
      }
      async release(_handle: Handle): Promise<void> {}
    }
    const lock = instrument(new Pool(), { listeners, lease: 1000 })
    const first = await lock.acquire()
    const extended = await first.extend()
    expect(recorded.renewals).toHaveLength(1)
    await extended[Symbol.asyncDispose]()
    const second = await lock.acquire()
    second[Symbol.dispose]()
    expect(recorded.holds).toHaveLength(2)
    expect(recorded.releases).toHaveLength(2)
  })

  it('returns a promise for what only has a `then`', async () => {
    const bare = {}
    Reflect.set(bare, 'then', (resolve: (value: string) => void) => {
      setTimeout(() => resolve('held'), 5)
    })
    const lock = instrument({ acquire: () => bare as Promise<string>, release: () => true }, { listeners })
    expect(await lock.acquire()).toBe('held')
    expect(recorded.acquires).toHaveLength(1)
  })

  it('tells of the loss that the program reports', async () => {
    let tell: ((error?: unknown) => void) | undefined
    const lock = instrument(new KeyLock(), {
      listeners,
      watch: (lost) => {
        tell = lost
      },
    })
    await lock.acquire('a')
    tell?.(new Error('connection ended'))
    tell?.()
    expect(recorded.losses).toMatchObject([{ name: 'lock-not-found-error', err: 'connection ended' }])
  })

  it('is not disturbed by what the options or a listener throw', async () => {
    const fail = (): never => {
      throw new Error('hook')
    }
    const lock = instrument(new KeyLock(), {
      listeners: [{ name: 'throwing', on: fail }, recorded],
      lockId: fail,
      ownerId: fail,
      lease: fail,
      isAcquired: fail,
      isReleased: fail,
      attempts: fail,
      watch: fail,
    })
    expect(await lock.acquire('a')).toBe(true)
    expect(lock.release('a')).toBe(true)
    expect(recorded.holds).toMatchObject([{ lockId: 'a' }])
  })

  it('tells nobody when nobody listens, and whoever is added later', async () => {
    const lock = instrument(new KeyLock())
    await lock.acquire('a')
    listenersOf(lock).add(recorded)
    lock.release('a')
    await lock.using('a', async () => undefined)
    expect(recorded.acquires).toHaveLength(1)
  })
})

describe('navigator.locks', () => {
  it('tells of requests, waits, holds and releases', async () => {
    const locks = instrument(new WebLocks(), { listeners })
    const measured = await contend(3, 4, (_worker, held, released) =>
      locks.request('tab', async (lock) => {
        expect(lock?.name).toBe('tab')
        held()
        await pause(2)
        released()
      }),
    )
    expect(recorded.acquires.map(({ lockId }) => lockId)).toEqual(Array(12).fill('tab'))
    const holds = recorded.holds.map(({ seconds }) => seconds * 1000)
    expect(shareWithin2ms(holds, measured.holds)).toBeGreaterThan(0.5)
  })

  it('returns and throws what the callback does', async () => {
    const locks = instrument(new WebLocks(), { listeners })
    const error = new Error('callback')
    expect(await locks.request('a', () => 1)).toBe(1)
    await expect(locks.request('a', () => Promise.reject(error))).rejects.toBe(error)
    await expect(
      locks.request('a', () => {
        throw error
      }),
    ).rejects.toBe(error)
    expect(recorded.holds).toHaveLength(3)
  })

  it('knows a lock that was not available, an abort, and a lock that was stolen', async () => {
    const original = new WebLocks()
    const locks = instrument(original, { listeners, lockId: (name) => `web-${name}` })
    let finish: (() => void) | undefined
    const holder = locks
      .request('a', () => new Promise<void>((resolve) => (finish = resolve)))
      .catch((error: unknown) => error)
    await pause(1)
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock)).toBeNull()
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = locks.request('a', { signal: controller.signal }, () => undefined)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await locks.request('a', { steal: true }, () => undefined)
    expect(await holder).toMatchObject({ name: 'AbortError' })
    expect(recorded.losses.map(({ name }) => name)).toEqual(['not-lock-owner'])
    finish?.()
    await pause(1)
    expect(recorded.acquires.map(({ outcome }) => outcome)).toEqual([
      'acquired',
      'timeout',
      'error',
      'acquired',
    ])
    expect(recorded.releases).toHaveLength(1)
    expect(await locks.query()).toEqual({ held: [], pending: [] })
    expect(Object.hasOwn(original, 'request')).toBe(false)
  })
})

describe('wrong use', () => {
  it.each([
    [{ lockId: 1 }, 'instrument: lockId must be a string or a function'],
    [{ lease: 'x' }, 'instrument: lease must be a number or a function'],
    [{ isBusy: 1 }, 'instrument: isBusy must be a function'],
    [
      { listener: [] },
      'instrument: listener is not an option; there are listeners, storageName, ownerId, lockId, lease, isAcquired, isBusy, attempts, isReleased, isExtended, isLost, watch',
    ],
    [{ listeners: [{}] }, 'listeners: every listener must have an on(ctx, event) method'],
  ])('is a TypeError that names the option: %j', (options, message) => {
    expect(() => instrument(new KeyLock(), options as never)).toThrow(new TypeError(message))
  })

  it('is a TypeError for what is no lock', () => {
    expect(() => instrument({} as Lockable)).toThrow(
      'instrument: lock must have acquire and release, or be navigator.locks',
    )
  })
})
