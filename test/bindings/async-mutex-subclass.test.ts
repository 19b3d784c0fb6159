import { createRequire } from 'node:module'
import * as library from 'async-mutex'
import { describe, expect, it, vi } from 'vitest'
import { instrumentAsyncMutex } from '../../src/bindings/async-mutex.js'
import { Recorded } from './support/derive.js'

const recorded = new Recorded()
const bound = instrumentAsyncMutex(library, { listeners: [recorded] })

describe('a subclass of a bound class', () => {
  it('may override what is bound, with private fields, and is seen by its calls of `super`', async () => {
    recorded.clear()
    class Counting extends bound.Mutex {
      #acquired = 0
      override async acquire(priority?: number) {
        this.#acquired += 1
        return super.acquire(priority)
      }
      get acquired() {
        return this.#acquired
      }
    }
    const mutex = new Counting()
    const release = await mutex.acquire()
    expect(mutex.isLocked()).toBe(true)
    release()
    expect(mutex.isLocked()).toBe(false)
    expect(await mutex.runExclusive(() => 7)).toBe(7)
    expect(mutex.acquired).toBe(1)
    expect(recorded.acquires).toHaveLength(2)
    expect(recorded.releases).toHaveLength(2)
  })

  it('has its overriding methods called by the library, and each acquire told of once', async () => {
    recorded.clear()
    const calls: string[] = []
    class Named extends bound.Semaphore {
      readonly #name = 'mine'
      override acquire(weight?: number, priority?: number) {
        calls.push(`${this.#name} acquires ${weight}`)
        return super.acquire(weight, priority)
      }
      override release(weight?: number) {
        calls.push(`${this.#name} releases ${weight}`)
        super.release(weight)
      }
    }
    const semaphore = new Named(2)
    const [, releaseOther] = await semaphore.acquire(1)
    await semaphore.runExclusive(() => undefined, 1)
    expect(recorded.acquires).toHaveLength(2)
    expect(recorded.releases).toHaveLength(1)
    releaseOther()
    expect(recorded.releases).toHaveLength(2)
    expect(semaphore.getValue()).toBe(2)
    expect(calls).toEqual(['mine acquires 1', 'mine acquires 1', 'mine releases 1', 'mine releases 1'])
    await semaphore.acquire(2)
    semaphore.release(2)
    expect(recorded.releases).toHaveLength(3)
  })

  it('may be compiled to a function, as the library is for CommonJS', async () => {
    recorded.clear()
    const compiled = createRequire(import.meta.url)('async-mutex') as typeof library
    const { Mutex } = instrumentAsyncMutex(compiled, { listeners: [recorded] })
    type Made = library.Mutex & { label: string }
    function Old(this: Made): Made {
      const self = (Reflect.apply(Mutex as unknown as () => Made | undefined, this, []) as Made) ?? this
      self.label = 'old'
      return self
    }
    Object.setPrototypeOf(Old.prototype, Mutex.prototype)
    const mutex = new (Old as unknown as new () => Made)()
    expect(mutex).toBeInstanceOf(compiled.Mutex)
    await mutex.runExclusive(() => undefined)
    expect(recorded.acquires).toHaveLength(1)
  })

  it('is the kin that the original is', () => {
    class Mine extends bound.Mutex {}
    expect(new Mine()).toBeInstanceOf(bound.Mutex)
    expect(new library.Mutex()).toBeInstanceOf(bound.Mutex)
    expect(new bound.Mutex()).not.toBeInstanceOf(Mine)
    expect(new bound.Mutex()).not.toBeInstanceOf(bound.Semaphore)
    expect(bound.Mutex.name).toBe(library.Mutex.name)
    expect(new bound.Mutex().constructor).toBe(bound.Mutex)
  })
})

it('can be spied on', async () => {
  const semaphore = new bound.Semaphore(1)
  const spies = (['acquire', 'runExclusive', 'release', 'isLocked'] as const).map((name) =>
    vi.spyOn(semaphore, name),
  )
  const [, release] = await semaphore.acquire()
  release()
  expect(await semaphore.runExclusive(() => 3)).toBe(3)
  expect(semaphore.isLocked()).toBe(false)
  semaphore.release()
  for (const spy of spies) expect(spy).toHaveBeenCalled()
  for (const spy of spies) spy.mockRestore()
  recorded.clear()
  await semaphore.runExclusive(() => undefined)
  expect(recorded.acquires).toHaveLength(1)
})

it('waits for what the callback returns, even if that only has a `then`', async () => {
  const mutex = new bound.Mutex()
  let done = false
  const then = (resolve: (value: number) => void): void => {
    setTimeout(() => {
      done = true
      resolve(42)
    }, 20)
  }
  const bare: unknown = {}
  Reflect.set(bare as object, 'then', then)
  const result = mutex.runExclusive(() => bare as Promise<number>)
  const next = mutex.runExclusive(() => done)
  expect(await result).toBe(42)
  expect(await next).toBe(true)
})
