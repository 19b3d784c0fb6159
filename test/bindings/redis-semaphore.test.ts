import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisOptions } from 'ioredis'
import * as library from 'redis-semaphore'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instrumentRedisSemaphore, listenersOf } from '../../src/bindings/redis-semaphore.js'
import { Recorded } from './support/derive.js'
import { RedisServer } from './support/redis-server.js'
import { contend, pause, shareWithin2ms } from './support/workers.js'

const servers: RedisServer[] = []
const recorded = new Recorded()
const bound = instrumentRedisSemaphore(library, { listeners: [recorded] })
let counter = 0
let key: string

beforeAll(async () => {
  servers.push(...(await Promise.all([RedisServer.start(), RedisServer.start(), RedisServer.start()])))
})
afterAll(() => Promise.all(servers.map((server) => server.stop())))
beforeEach(() => {
  recorded.clear()
  counter += 1
  key = `key-${counter}`
})

const client = (options?: RedisOptions) => servers[0]!.client(options)
const clients = () => servers.map((server) => server.client())

/**
 * Each lock class, made for one holder. The last on one node: on several, permits that a failed attempt got
 * from some of them stay taken until they expire, so that contenders block each other.
 */
const kinds = [
  ['Mutex', (options) => new bound.Mutex(client(), key, options), 'mutex'],
  ['Semaphore', (options) => new bound.Semaphore(client(), key, 1, options), 'semaphore'],
  ['MultiSemaphore', (options) => new bound.MultiSemaphore(client(), key, 2, 2, options), 'semaphore'],
  ['RedlockMutex', (options) => new bound.RedlockMutex(clients(), key, options), 'mutex'],
  ['RedlockSemaphore', (options) => new bound.RedlockSemaphore(clients(), key, 1, options), 'semaphore'],
  [
    'RedlockMultiSemaphore',
    (options) => new bound.RedlockMultiSemaphore([client()], key, 2, 2, options),
    'semaphore',
  ],
] satisfies [string, (options?: library.LockOptions) => library.Mutex | library.RedlockMutex, string][]

describe.each(kinds)('%s', (name, make, prefix) => {
  it('tells of acquires, waits, holds and releases what the workers measured', async () => {
    const locks = Array.from({ length: 3 }, () => make({ retryInterval: 3, refreshInterval: 0 }))
    const measured = await contend(3, 6, async (worker, held, released) => {
      await locks[worker]!.acquire()
      held()
      await pause(3)
      await locks[worker]!.release()
      released()
    })
    expect(recorded.creates.map(({ lockId }) => lockId)).toEqual(Array(3).fill(`${prefix}:${key}`))
    expect(recorded.acquires.filter(({ outcome }) => outcome === 'acquired')).toHaveLength(18)
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(Array(18).fill('released'))
    expect(
      shareWithin2ms(
        recorded.acquires.map(({ wait }) => wait * 1000),
        measured.waits,
      ),
    ).toBeGreaterThan(0.5)
    expect(
      shareWithin2ms(
        recorded.holds.map(({ seconds }) => seconds * 1000),
        measured.holds,
      ),
    ).toBeGreaterThan(0.5)
    expect(new Set(recorded.acquires.map(({ ownerId }) => ownerId)).size).toBe(3)
    const tries = recorded.acquires.reduce((sum, { attempts }) => sum + attempts, 0)
    expect(recorded.count('StorageLock.Lock.Try.Begin')).toBe(tries)
    expect(tries).toBeGreaterThan(18)
  })

  it('says that an acquire gave up waiting', async () => {
    const first = make({ refreshInterval: 0 })
    const second = make({ acquireAttemptsLimit: 3, retryInterval: 2, refreshInterval: 0 })
    await first.acquire()
    await expect(second.acquire()).rejects.toBeInstanceOf(library.TimeoutError)
    expect(await second.tryAcquire()).toBe(false)
    expect(recorded.acquires.slice(1)).toMatchObject([
      { outcome: 'timeout', busy: 3 },
      { outcome: 'timeout', busy: 3 },
    ])
    await first.release()
  })

  it('tells of its renewals, and links the release to the acquire by its watch dog', async () => {
    const lock = make({ lockTimeout: 300, refreshInterval: 60 })
    await lock.acquire()
    await sleep(250)
    await lock.release()
    expect(recorded.renewals.length).toBeGreaterThanOrEqual(2)
    expect(new Set(recorded.renewals)).toEqual(new Set(['Storage.UpdateWithVersion-success']))
    expect(recorded.holds).toMatchObject([{ link: 'watch-dog' }])
  })

  it('tells of a lease lost once, before the program learns of it', async () => {
    let losses = -1
    const lost = new Promise<unknown>((resolve) => {
      const lock = make({
        lockTimeout: 400,
        refreshInterval: 50,
        onLockLost(error) {
          losses = recorded.losses.length
          expect(this).toBe(lock)
          resolve(error)
        },
      })
      void lock.acquire().then(async () => {
        for (const server of servers) {
          const each = server.client()
          await each.del(`${prefix}:${key}`)
          if (prefix === 'mutex') await each.set(`${prefix}:${key}`, 'somebody else')
          else await each.zadd(`${prefix}:${key}`, Date.now() + 60_000, 'x', Date.now() + 60_000, 'y')
        }
      })
    })
    expect(await lost).toBeInstanceOf(library.LostLockError)
    expect(losses).toBe(1)
    await sleep(120)
    expect(recorded.losses.map(({ name: action }) => action)).toEqual(['not-lock-owner'])
    expect(name).not.toBe('')
  })
})

describe('redis-semaphore', () => {
  it('hands out instances of its classes, and the module as it is', async () => {
    expect(new bound.Mutex(client(), key)).toBeInstanceOf(library.Mutex)
    expect(bound.Semaphore.name).toBe(library.Semaphore.name)
    expect(bound.TimeoutError).toBe(library.TimeoutError)
    expect(Object.keys(bound)).toEqual(Object.keys(library))
    expect(() => new bound.Mutex(client(), '')).toThrow('"key" is required')
    const mutex = new bound.Mutex(client(), key, { identifier: 'me' })
    await mutex.acquire()
    expect(await client().get(`mutex:${key}`)).toBe('me')
    await mutex.release()
  })

  it('keeps its classes the kin that they are', () => {
    const semaphore = new bound.MultiSemaphore(client(), key, 3, 2)
    expect(semaphore).toBeInstanceOf(bound.Semaphore)
    expect(semaphore).toBeInstanceOf(bound.Mutex)
    expect(new library.Mutex(client(), key)).toBeInstanceOf(bound.Mutex)
    expect(new bound.Mutex(client(), key)).not.toBeInstanceOf(bound.Semaphore)
    expect(new bound.RedlockMutex([client()], key)).not.toBeInstanceOf(bound.Mutex)
    class Mine extends bound.Mutex {}
    expect(new bound.Mutex(client(), key)).not.toBeInstanceOf(Mine)
    expect(new Mine(client(), key)).toBeInstanceOf(Mine)
  })

  it('may be subclassed from its base, of which the key is known later', async () => {
    const { Lock } = createRequire(import.meta.url)(
      join(dirname(createRequire(import.meta.url).resolve('redis-semaphore')), 'Lock.js'),
    ) as { Lock: new (options: object) => library.Mutex }
    class Own extends (instrumentRedisSemaphore(Lock, { listeners: [recorded] }) as new (
      options: object,
    ) => object) {
      readonly _key = 'own'
      async _acquire() {
        return true
      }
      async _release() {}
    }
    const lock = new Own({ lockTimeout: 1000, refreshInterval: 0 }) as unknown as library.Mutex
    await lock.acquire()
    await lock.release()
    expect(recorded.acquires).toMatchObject([{ lockId: 'own', outcome: 'acquired' }])
    expect(recorded.releases).toHaveLength(1)
  })

  it('tells nodes that fail from a lock that is held, though the library throws the same', async () => {
    const dead = () => client({ port: 1, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    const options = { acquireAttemptsLimit: 2, retryInterval: 1, refreshInterval: 0 }
    for (const lock of [
      new bound.RedlockMutex([dead(), dead(), dead()], key, options),
      new bound.RedlockSemaphore([dead(), dead(), dead()], key, 1, options),
    ]) {
      await expect(lock.acquire()).rejects.toBeInstanceOf(library.TimeoutError)
    }
    expect(recorded.acquires).toMatchObject([
      { outcome: 'error', busy: 0 },
      { outcome: 'error', busy: 0 },
    ])
    recorded.clear()
    const nodes = clients()
    const holder = new bound.RedlockMutex(nodes, key, { refreshInterval: 0 })
    await holder.acquire()
    const waiter = new bound.RedlockMutex([...nodes.slice(0, 2), dead()], key, options)
    await expect(waiter.acquire()).rejects.toBeInstanceOf(library.TimeoutError)
    expect(recorded.acquires[1]).toMatchObject({ outcome: 'timeout', busy: 2 })
    await holder.release()
  })

  it('asks for the owner once for each lock', async () => {
    const Mutex = instrumentRedisSemaphore(library.Mutex, {
      listeners: [recorded],
      ownerId: (lock) => lock.identifier,
      lockId: () => 'named',
    })
    const mutex = new Mutex(client(), key)
    for (let i = 0; i < 2; i++) {
      await mutex.acquire()
      await mutex.release()
    }
    expect(recorded.acquires).toMatchObject(Array(2).fill({ ownerId: mutex.identifier, lockId: 'named' }))
  })

  it('takes the first refresh of a lock acquired elsewhere for its acquire', async () => {
    const scheduler = new library.Mutex(client(), key, { refreshInterval: 0 })
    await scheduler.acquire()
    const handler = new bound.Mutex(client(), key, {
      identifier: scheduler.identifier,
      acquiredExternally: true,
      refreshInterval: 0,
    })
    await handler.acquire()
    await handler.release()
    expect(recorded.acquires).toMatchObject([{ outcome: 'acquired', attempts: 1 }])
    expect(recorded.renewals).toEqual([])
    expect(recorded.holds).toHaveLength(1)
  })

  it('loses nothing to a refresh that ends after the release, nor to a second release', async () => {
    const mutex = new bound.Mutex(client(), key, { lockTimeout: 1000, refreshInterval: 10 })
    await mutex.acquire()
    await sleep(15)
    await Promise.all([sleep(10), mutex.release()])
    await mutex.release()
    await sleep(30)
    expect(recorded.losses).toEqual([])
    expect(recorded.releases).toHaveLength(1)
  })

  it('stops telling of renewals when the program stops them', async () => {
    const mutex = new bound.Mutex(client(), key, { lockTimeout: 100, refreshInterval: 20 })
    await mutex.acquire()
    mutex.stopRefresh()
    await sleep(60)
    expect(recorded.count('WatchDog.Exit')).toBe(1)
    expect(recorded.renewals).toEqual([])
  })

  it('hands an abort on', async () => {
    const first = new bound.Mutex(client(), key, { refreshInterval: 0 })
    await first.acquire()
    const second = new bound.Mutex(client(), key)
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 20)
    await expect(second.acquire(controller.signal)).rejects.toBe(reason)
    expect(recorded.acquires[1]).toMatchObject({ outcome: 'error', error: 'enough' })
    await first.release()
  })

  it('tells of every acquire to a listener added later, and of none without listeners', async () => {
    const Mutex = instrumentRedisSemaphore(library.Mutex)
    const mutex = new Mutex(client(), key)
    await mutex.acquire()
    listenersOf(mutex).add(recorded)
    await mutex.release()
    await mutex.acquire()
    await mutex.release()
    expect(recorded.acquires).toHaveLength(1)
    expect(recorded.holds).toHaveLength(1)
  })

  describe('when Redis stops while a lock is held', () => {
    let own: RedisServer
    let rejections: unknown[]
    let original: NodeJS.UnhandledRejectionListener[]
    const collect = (reason: unknown) => rejections.push(reason)

    beforeEach(async () => {
      own = await RedisServer.start()
      rejections = []
      original = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection').on('unhandledRejection', collect)
    })
    afterEach(async () => {
      process.removeAllListeners('unhandledRejection')
      for (const listener of original) process.on('unhandledRejection', listener)
      await own.stop()
    })

    /** What the program sees, with the binding or without. */
    async function program(Mutex: typeof library.Mutex): Promise<string[]> {
      rejections = []
      const redis = own.client({ maxRetriesPerRequest: 0, retryStrategy: () => 10 })
      await redis.ping()
      const seen: string[] = []
      const mutex = new Mutex(redis, key, {
        lockTimeout: 300,
        refreshInterval: 40,
        onLockLost: (error) => seen.push(error.constructor.name),
      })
      await mutex.acquire()
      await own.down()
      await sleep(150)
      await own.up()
      await sleep(150)
      seen.push(
        ...new Set(rejections.map((error) => (error as Error).constructor.name)),
        String(mutex.isAcquired),
      )
      await mutex.release()
      return seen.sort()
    }

    it('tells of failing renewals and then of the loss, and the program sees what it saw without', async () => {
      const expected = await program(library.Mutex)
      const seen = await program(bound.Mutex)
      expect(seen).toEqual(expected)
      expect(seen).toContain('LostLockError')
      expect(seen.length).toBeGreaterThan(2)
      expect(recorded.renewals).toContain('Storage.UpdateWithVersion-error')
      expect(recorded.losses).toHaveLength(1)
    })
  })

  it('is a TypeError when given something else', () => {
    expect(() => instrumentRedisSemaphore({})).toThrow(TypeError)
    expect(() => instrumentRedisSemaphore(library, { lockId: 'x' } as never)).toThrow(
      'instrumentRedisSemaphore: lockId must be a function',
    )
  })
})
