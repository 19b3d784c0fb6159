import { context, createContextKey } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { Redlock as SesameRedlock } from '@sesamecare-oss/redlock'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instrumentRedlock, listenersOf } from '../../src/bindings/redlock.js'
import { Recorded } from './support/derive.js'
import { ExecutionError, Redlock5 as Redlock } from './support/libraries.js'
import { RedisServer } from './support/redis-server.js'
import { contend, pause, shareWithin2ms } from './support/workers.js'

let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())

const libraries = [
  ['redlock 5.0.0-beta.2', Redlock],
  ['@sesamecare-oss/redlock', SesameRedlock as unknown as typeof Redlock],
] as const

describe.each(libraries)('%s', (_name, Base) => {
  const recorded = new Recorded()
  const Bound = instrumentRedlock(Base, { listeners: [recorded] })
  let key = 0
  let resource: string

  beforeEach(() => {
    recorded.clear()
    key += 1
    resource = `{${_name}}-${key}`
  })

  it('tells of acquires, waits, holds and releases what the workers measured', async () => {
    const redlock = new Bound([server.client()], { retryCount: -1, retryDelay: 5, retryJitter: 2 })
    const measured = await contend(4, 8, async (_worker, held, released) => {
      const lock = await redlock.acquire([resource], 5000)
      held()
      await pause(3)
      await lock.release()
      released()
    })
    expect(recorded.acquires).toHaveLength(32)
    expect(
      recorded.acquires.every(({ outcome, lockId }) => outcome === 'acquired' && lockId === resource),
    ).toBe(true)
    expect(recorded.releases.filter(({ outcome }) => outcome === 'released')).toHaveLength(32)
    expect(recorded.losses).toEqual([])
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
    expect(new Set(recorded.acquires.map(({ ownerId }) => ownerId)).size).toBe(32)
  })

  it('counts the attempts that redlock made', async () => {
    const redlock = new Bound([server.client()], { retryCount: 50, retryDelay: 10, retryJitter: 3 })
    const first = await redlock.acquire([resource], 5000)
    setTimeout(() => void first.release(), 60)
    const second = await redlock.acquire([resource], 5000)
    expect(recorded.acquires.map(({ attempts }) => attempts)).toEqual([1, second.attempts.length])
    expect(second.attempts.length).toBeGreaterThan(2)
    expect(recorded.count('StorageLock.Lock.Try.Begin')).toBe(1 + second.attempts.length)
    await second.release()
  })

  it('says that an acquire gave up waiting, and throws what redlock throws', async () => {
    const redlock = new Bound([server.client()], { retryCount: 2, retryDelay: 5, retryJitter: 0 })
    const lock = await redlock.acquire([resource], 5000)
    const error: unknown = await redlock.acquire([resource], 5000).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'ExecutionError' })
    if (Base === Redlock) expect(error).toBeInstanceOf(ExecutionError)
    expect(recorded.acquires[1]).toMatchObject({ outcome: 'timeout', busy: 3, attempts: 3 })
    await lock.release()
  })

  it('tells a failing Redis from a lock that is held', async () => {
    const client = server.client({ port: 1, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    const redlock = new Bound([client], { retryCount: 1, retryDelay: 1, retryJitter: 0 })
    await expect(redlock.acquire([resource], 1000)).rejects.toMatchObject({ name: 'ExecutionError' })
    expect(recorded.acquires[0]).toMatchObject({ outcome: 'error', busy: 0 })
    expect(recorded.count('StorageLock.Lock.Try.Begin')).toBe(2)
  })

  it('tells of renewals by `using`, and links the release to the acquire by its watch dog', async () => {
    const redlock = new Bound([server.client()], { automaticExtensionThreshold: 150 })
    const result = await redlock.using([resource], 300, async (signal) => {
      await pause(500)
      return signal.aborted
    })
    expect(result).toBe(false)
    expect(recorded.renewals.length).toBeGreaterThanOrEqual(2)
    expect(new Set(recorded.renewals)).toEqual(new Set(['Storage.UpdateWithVersion-success']))
    expect(recorded.holds).toMatchObject([{ link: 'watch-dog' }])
    expect(recorded.count('WatchDog.Exit')).toBe(1)
  })

  it('takes calls of `extend` for renewals', async () => {
    const redlock = new Bound([server.client()])
    let lock = await redlock.acquire([resource], 500)
    lock = await lock.extend(2000)
    lock = await redlock.extend(lock, 3000)
    await lock.release()
    expect(recorded.renewals).toEqual([
      'Storage.UpdateWithVersion-success',
      'Storage.UpdateWithVersion-success',
    ])
    const leases = recorded
      .actions('Storage.UpdateWithVersion')
      .map(({ action }) => action.payloadAsLockInformation('lockInformation')?.leaseExpireTime)
    expect(leases.every((lease) => lease !== undefined)).toBe(true)
    expect(recorded.holds).toHaveLength(1)
  })

  it('tells of a stolen key once, when it shows, however often the extension is tried', async () => {
    const client = server.client()
    const redlock = new Bound([client], { retryCount: 0, automaticExtensionThreshold: 200 })
    const extends_: number[] = []
    const extend = redlock.extend.bind(redlock)
    redlock.extend = (...args) => {
      extends_.push(performance.now())
      return extend(...args)
    }
    let lossesInside = -1
    const using = redlock.using([resource], 400, async (signal) => {
      await client.set(resource, 'somebody else')
      await pause(350)
      lossesInside = recorded.losses.length
      await pause(150)
      expect(signal.aborted).toBe(true)
      expect(signal.error).toMatchObject({ name: 'ExecutionError' })
    })
    await expect(using).rejects.toMatchObject({ name: 'ExecutionError' })
    expect(extends_.length).toBeGreaterThan(20)
    expect(lossesInside).toBe(1)
    expect(recorded.losses).toHaveLength(1)
    expect(recorded.losses[0]?.name).toBe('not-lock-owner')
    expect(recorded.releases).toMatchObject([{ outcome: 'refused' }])
    expect(recorded.publications.length).toBeLessThan(20)
    await client.del(resource)
  })

  it('tells of a stolen key at the first attempt to extend that finds it, not after all retries', async () => {
    const client = server.client()
    const redlock = new Bound([client], { retryCount: 5, retryDelay: 100, retryJitter: 0 })
    const lock = await redlock.acquire([resource], 5000)
    await client.set(resource, 'somebody else')
    const extension = lock.extend(5000)
    await pause(60)
    expect(recorded.losses).toHaveLength(1)
    await expect(extension).rejects.toMatchObject({ name: 'ExecutionError' })
    expect(recorded.losses).toHaveLength(1)
    await client.del(resource)
  })

  it('tells of every acquire to a listener added later, and of none without listeners', async () => {
    const Silent = instrumentRedlock(Base)
    const redlock = new Silent([server.client()])
    await (await redlock.acquire([resource], 500)).release()
    listenersOf(redlock).add(recorded)
    await (await redlock.acquire([resource], 500)).release()
    listenersOf(Silent).remove(recorded)
    await (await redlock.acquire([resource], 500)).release()
    expect(recorded.acquires).toHaveLength(1)
  })

  it('is not disturbed by a listener that throws', async () => {
    const throwing = {
      name: 'throwing',
      on: () => {
        throw new Error('listener')
      },
    }
    const redlock = new (instrumentRedlock(Base, { listeners: [throwing, recorded] }))([server.client()])
    expect(
      await redlock.using([resource], 1000, { automaticExtensionThreshold: 100 }, async () => 'done'),
    ).toBe('done')
    expect(recorded.holds).toHaveLength(1)
  })

  it('hands out instances of the class, of which locks are part', async () => {
    const redlock = new Bound([server.client()])
    expect(redlock).toBeInstanceOf(Base)
    expect(Bound.name).toBe(Base.name)
    const lock = await redlock.acquire([resource], 500)
    expect(lock.redlock).toBe(redlock)
    await lock.release()
    expect(redlock.listenerCount('error')).toBe(new Base([server.client()]).listenerCount('error'))
  })

  it('survives leases without a sensible end', async () => {
    const redlock = new Bound([server.client()])
    const duration = Math.floor(Number.MAX_SAFE_INTEGER / 10)
    const lock = await redlock.acquire([resource], duration)
    await (await lock.extend(3 * duration)).release()
    expect(recorded.holds).toHaveLength(1)
  })

  describe('with the context of the caller', () => {
    const key = createContextKey('request')

    beforeAll(() => {
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    })
    afterAll(() => context.disable())

    it('publishes in it, and runs the routine in it', async () => {
      const redlock = new Bound([server.client()], { automaticExtensionThreshold: 100 })
      const inside = await context.with(context.active().setValue(key, 'r1'), () =>
        redlock.using([resource], 1000, async () => {
          await pause(1)
          return context.active().getValue(key)
        }),
      )
      expect(inside).toBe('r1')
      expect(recorded.publications.every(({ ctx }) => ctx?.getValue(key) === 'r1')).toBe(true)
    })
  })

  describe('when Redis stops while a lock is held', () => {
    let own: RedisServer

    beforeEach(async () => {
      own = await RedisServer.start()
    })
    afterEach(() => own.stop())

    /** What the program sees, with the binding or without. */
    async function program(
      Class: typeof Redlock,
    ): Promise<{ aborted: boolean; cause: unknown; thrown: unknown }> {
      const client = own.client({ maxRetriesPerRequest: 0, retryStrategy: () => 20 })
      await client.ping()
      const redlock = new Class([client], { retryCount: 0, automaticExtensionThreshold: 400 })
      let aborted = false
      let cause: unknown
      const thrown: unknown = await redlock
        .using([resource], 600, async (signal) => {
          await own.down()
          await pause(900)
          aborted = signal.aborted
          cause = signal.error?.constructor.name
        })
        .catch((error: unknown) => (error as Error).constructor.name)
      await own.up()
      return { aborted, cause, thrown }
    }

    it('tells of failing renewals and then of the loss, and the program sees what it saw without', async () => {
      const expected = await program(Base)
      const seen = await program(Bound)
      expect(seen).toEqual(expected)
      expect(seen).toMatchObject({ aborted: true, cause: 'ExecutionError' })
      expect(
        recorded.renewals.filter((name) => name === 'Storage.UpdateWithVersion-error').length,
      ).toBeGreaterThan(0)
      expect(recorded.losses.map(({ name }) => name)).toEqual(['lock-not-found-error'])
      expect(recorded.publications.length).toBeLessThan(30)
    })
  })
})

describe('wrong use', () => {
  it.each([
    [{ storageName: 1 }, 'instrumentRedlock: storageName must be a string'],
    [{ ownerId: 1 }, 'instrumentRedlock: ownerId must be a string or a function'],
    [{ listeners: 1 }, 'instrumentRedlock: listeners must be iterable'],
    [{ lockId: 'x' }, 'instrumentRedlock: lockId must be a function'],
    [1, 'instrumentRedlock: options must be an object'],
  ])('is a TypeError that names the option: %j', (options, message) => {
    expect(() => instrumentRedlock(Redlock, options as never)).toThrow(new TypeError(message))
  })

  it('is a TypeError for what is no Redlock', () => {
    expect(() => instrumentRedlock(class {})).toThrow(TypeError)
    expect(() => listenersOf({})).toThrow(TypeError)
  })
})
