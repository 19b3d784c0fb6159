import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { instrumentRedlock, wrapRedlock4 } from '../../src/bindings/redlock.js'
import { Recorded } from './support/derive.js'
import { bluebird, type Lock4, Redlock4 } from './support/libraries.js'
import { RedisServer } from './support/redis-server.js'
import { contend, pause, shareWithin2ms } from './support/workers.js'

let server: RedisServer
const recorded = new Recorded()
let key = 0
let resource: string

beforeAll(async () => {
  server = await RedisServer.start()
})
afterAll(() => server.stop())
beforeEach(() => {
  recorded.clear()
  key += 1
  resource = `redlock-4-${key}`
})

const Bound = instrumentRedlock(Redlock4, { listeners: [recorded] })

describe('redlock 4', () => {
  it('tells of acquires, waits, holds and releases what the workers measured', async () => {
    const redlock = new Bound([server.client()], { retryCount: -1, retryDelay: 5, retryJitter: 2 })
    const measured = await contend(4, 8, async (_worker, held, released) => {
      const lock = await redlock.lock(resource, 5000)
      held()
      await pause(3)
      await lock.unlock()
      released()
    })
    expect(recorded.acquires.filter(({ outcome }) => outcome === 'acquired')).toHaveLength(32)
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(Array(32).fill('released'))
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
  })

  it('does not take the unlock by which a failed attempt cleans up for a release', async () => {
    const redlock = new Bound([server.client()], { retryCount: 3, retryDelay: 5, retryJitter: 0 })
    const lock = await redlock.lock(resource, 5000)
    await expect(redlock.lock(resource, 5000)).rejects.toBeInstanceOf(Redlock4.LockError)
    expect(recorded.acquires[1]).toMatchObject({ outcome: 'timeout', attempts: 4 })
    expect(recorded.releases).toEqual([])
    await lock.unlock()
    expect(recorded.releases).toHaveLength(1)
  })

  it('counts the attempts that redlock made', async () => {
    const redlock = new Bound([server.client()], { retryCount: 50, retryDelay: 10, retryJitter: 3 })
    const first = await redlock.lock(resource, 5000)
    setTimeout(() => void first.unlock(), 50)
    const second = await redlock.lock(resource, 5000)
    expect(second.attempts).toBeGreaterThan(1)
    expect(recorded.acquires[1]?.attempts).toBe(second.attempts)
    await second.unlock()
  })

  it('calls back, and returns promises of bluebird', async () => {
    const redlock = new Bound([server.client()])
    const lock = await new Promise<Lock4>((resolve, reject) => {
      void redlock.lock(resource, 2000, (error, held) => (error === null ? resolve(held) : reject(error)))
    })
    expect(lock).toBeInstanceOf(Redlock4.Lock)
    const extended = await new Promise<Lock4>((resolve, reject) => {
      void lock.extend(3000, (error, held) => (error === null ? resolve(held) : reject(error)))
    })
    expect(extended).toBe(lock)
    const promise = lock.unlock()
    expect(promise).toBeInstanceOf(bluebird)
    expect(lock.expiration).toBe(0)
    await promise
    const failure = await new Promise((resolve) => void lock.unlock((error) => resolve(error)))
    expect(failure).toBeInstanceOf(Redlock4.LockError)
    const again = await new Promise((resolve) => void lock.extend(100, (error) => resolve(error)))
    expect(again).toMatchObject({ attempts: 0 })
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(['released', 'refused'])
    expect(recorded.renewals).toEqual(['Storage.UpdateWithVersion-success'])
    expect(recorded.losses).toEqual([])
  })

  it('offers all that the original does, under all its names', async () => {
    const redlock = new Bound([server.client()], { retryCount: 0 })
    await (await redlock.acquire([`${resource}-a`, `${resource}-b`], 1000)).unlock()
    await redlock.release(await redlock.lockWithOptions(resource, 1000, { retryCount: 1 }))
    await bluebird.using(redlock.disposer(resource, 1000), (lock) => expect(lock.attempts).toBe(1))
    await pause(5)
    expect(recorded.acquires.map(({ lockId }) => lockId)).toEqual([
      `${resource}-a,${resource}-b`,
      resource,
      resource,
    ])
    expect(recorded.holds).toHaveLength(3)
    expect(Bound.LockError).toBe(Redlock4.LockError)
    expect(redlock).toBeInstanceOf(Bound)
    expect(redlock).toBeInstanceOf(Redlock4)
    expect(() => new Bound([])).toThrow('Redlock must be instantiated with at least one redis server.')
  })

  it('tells of a stolen key once, at the extension that finds it', async () => {
    const client = server.client()
    const redlock = new Bound([client], { retryCount: 0, retryDelay: 1 })
    const lock = await redlock.lock(resource, 2000)
    await client.set(resource, 'somebody else')
    await expect(lock.extend(2000)).rejects.toBeInstanceOf(Redlock4.LockError)
    await expect(lock.extend(2000)).rejects.toBeInstanceOf(Redlock4.LockError)
    expect(recorded.losses.map(({ name }) => name)).toEqual(['not-lock-owner'])
    await client.del(resource)
  })

  it('tells a failing Redis from a lock that is held, and passes its events on', async () => {
    const client = server.client({ port: 1, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    const redlock = new Bound([client], { retryCount: 1, retryDelay: 1, retryJitter: 0 })
    const errors: Error[] = []
    redlock.on('clientError', (error) => errors.push(error))
    await expect(redlock.lock(resource, 1000)).rejects.toBeInstanceOf(Redlock4.LockError)
    expect(errors.length).toBeGreaterThanOrEqual(2)
    expect(recorded.acquires[0]).toMatchObject({ outcome: 'error', busy: 0 })
  })

  it('wraps an instance too, and leaves it as it is', async () => {
    const original = new Redlock4([server.client()])
    const redlock = wrapRedlock4(original, { listeners: [recorded] })
    const lock = await redlock.lock(resource, 1000)
    expect(lock.redlock).toBe(redlock)
    await lock.unlock()
    await (await original.lock(resource, 1000)).unlock()
    expect(recorded.acquires).toHaveLength(1)
    expect(() => wrapRedlock4({})).toThrow(TypeError)
  })

  it('takes a callback in the place of the options', async () => {
    const redlock = new Bound([server.client()], { retryCount: 0 })
    const lockWithOptions = redlock.lockWithOptions.bind(redlock) as unknown as (
      resource: string,
      ttl: number,
      callback: (error: Error | null, lock: Lock4) => void,
    ) => void
    const redlockSeen = await new Promise((resolve, reject) => {
      lockWithOptions(resource, 1000, (error, lock) => {
        if (error !== null) return reject(error)
        lock.unlock().then(() => resolve(lock.redlock), reject)
      })
    })
    expect(redlockSeen).toBe(redlock)
    expect(recorded.acquires).toMatchObject([{ outcome: 'acquired', attempts: 1 }])
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(['released'])
  })

  it('calls what a subclass overrides, itself and for the library, and is seen by its calls of `super`', async () => {
    class Prefixed extends Bound {
      readonly #prefix = 'tenant:'
      unlocked = 0
      override lock(name: string | string[], ttl: number) {
        return super.lock(this.#prefix + String(name), ttl)
      }
      override unlock(...args: Parameters<Redlock4['unlock']>) {
        this.unlocked += 1
        return super.unlock(...args)
      }
    }
    const redlock = new Prefixed([server.client()], { retryCount: 1, retryDelay: 1, retryJitter: 0 })
    const lock = await redlock.lock(resource, 1000)
    expect(lock.resource).toEqual([`tenant:${resource}`])
    expect(lock.redlock).toBe(redlock)
    await expect(redlock.lock(resource, 1000)).rejects.toBeInstanceOf(Redlock4.LockError)
    expect(redlock.unlocked).toBe(2)
    await lock.unlock()
    expect(redlock.unlocked).toBe(3)
    expect(recorded.acquires).toMatchObject([{ outcome: 'acquired' }, { outcome: 'timeout', attempts: 2 }])
    expect(recorded.releases.map(({ outcome }) => outcome)).toEqual(['released'])
  })

  it('may be subclassed by a function, and spied on', async () => {
    type Made = Redlock4 & { label: string }
    function Old(this: Made, clients: object[]): void {
      Reflect.apply(Bound as unknown as () => void, this, [clients])
      this.label = 'old'
    }
    Object.setPrototypeOf(Old.prototype, Bound.prototype)
    const old = new (Old as unknown as new (clients: object[]) => Made)([server.client()])
    await (await old.lock(resource, 1000)).unlock()
    expect(recorded.holds).toHaveLength(1)

    const wrapped = wrapRedlock4(new Redlock4([server.client()]), { listeners: [recorded] })
    for (const redlock of [new Bound([server.client()]), wrapped]) {
      const lock = vi.spyOn(redlock, 'lock')
      const unlock = vi.spyOn(redlock, 'unlock')
      await (await redlock.lock(resource, 1000)).unlock()
      expect(lock).toHaveBeenCalledTimes(1)
      expect(unlock).toHaveBeenCalledTimes(1)
    }
  })

  it('tells of no release when an extension of a lock acquired elsewhere fails', async () => {
    const client = server.client()
    const elsewhere = new Redlock4([client])
    const redlock = new Bound([client], { retryCount: 1, retryDelay: 1, retryJitter: 0 })
    const lock = await elsewhere.lock(resource, 1000)
    await client.set(resource, 'somebody else')
    await expect(redlock.extend(lock, 1000)).rejects.toBeInstanceOf(Redlock4.LockError)
    expect(recorded.releases).toEqual([])
    await client.del(resource)
  })
})
