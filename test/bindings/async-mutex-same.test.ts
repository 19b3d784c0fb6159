import * as library from 'async-mutex'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instrumentAsyncMutex } from '../../src/bindings/async-mutex.js'

const bound = instrumentAsyncMutex(library, { listeners: [{ name: 'nothing', on: () => undefined }] })

/** One step of a program that uses a lock. */
type Step =
  | { readonly kind: 'acquire'; readonly weight: number; readonly priority: number }
  | { readonly kind: 'run'; readonly weight: number; readonly priority: number; readonly fails: boolean }
  | { readonly kind: 'releaser'; readonly of: number }
  | { readonly kind: 'release'; readonly weight: number }
  | { readonly kind: 'set'; readonly value: number }
  | { readonly kind: 'wait'; readonly weight: number; readonly priority: number }
  | { readonly kind: 'cancel' | 'look' }

const weight = fc.integer({ min: -1, max: 3 })
const priority = fc.integer({ min: -1, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('acquire' as const), weight, priority }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('run' as const), weight, priority, fails: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('releaser' as const), of: fc.nat(9) }) },
  fc.record({ kind: fc.constant('release' as const), weight }),
  fc.record({ kind: fc.constant('set' as const), value: fc.integer({ min: -2, max: 4 }) }),
  fc.record({ kind: fc.constant('wait' as const), weight, priority }),
  fc.record({ kind: fc.constantFrom('cancel' as const, 'look' as const) }),
)

/**
 * Runs a program, and tells all that it sees of the lock, turn by turn. Within a turn in no order: a bound lock's
 * promises settle a microtask later.
 */
async function trace(
  lock: library.SemaphoreInterface | library.MutexInterface,
  steps: readonly Step[],
): Promise<string[][]> {
  const turns: string[][] = []
  const seen: string[] = []
  const releasers: (() => void)[] = []
  const semaphore = 'getValue' in lock ? lock : undefined
  const mutex = lock as library.MutexInterface
  const told = (index: number, promise: Promise<unknown>): void => {
    promise.then(
      (value) => seen.push(`${index} fulfilled ${String(value)}`),
      (error: Error) => seen.push(`${index} rejected ${error.message}`),
    )
  }
  const take = (ticket: (() => void) | [number, () => void]): string => {
    const [value, releaser] = Array.isArray(ticket) ? ticket : [undefined, ticket]
    releasers.push(releaser)
    return String(value)
  }
  const act = (index: number, each: Step): void => {
    switch (each.kind) {
      case 'acquire':
        if (semaphore === undefined) told(index, mutex.acquire(each.priority).then(take))
        else told(index, semaphore.acquire(each.weight, each.priority).then(take))
        break
      case 'run': {
        const work = (value?: number): Promise<string> => {
          seen.push(`${index} runs ${value}`)
          return each.fails ? Promise.reject(new Error('work')) : Promise.resolve('worked')
        }
        if (semaphore === undefined) told(index, mutex.runExclusive(work, each.priority))
        else told(index, semaphore.runExclusive(work, each.weight, each.priority))
        break
      }
      case 'releaser':
        releasers[each.of]?.()
        break
      case 'release':
        if (semaphore === undefined) mutex.release()
        else semaphore.release(each.weight)
        break
      case 'set':
        semaphore?.setValue(each.value)
        break
      case 'wait':
        if (semaphore === undefined) told(index, mutex.waitForUnlock(each.priority))
        else told(index, semaphore.waitForUnlock(each.weight, each.priority))
        break
      case 'cancel':
        lock.cancel()
        break
      default:
        seen.push(`${index} locked ${lock.isLocked()} ${semaphore?.getValue()}`)
    }
  }
  for (const [index, each] of steps.entries()) {
    try {
      act(index, each)
    } catch (error) {
      seen.push(`${index} threw ${(error as Error).message}`)
    }
    await new Promise(setImmediate)
    turns.push(seen.splice(0).sort())
  }
  return turns
}

describe('a program that uses a bound lock sees what it sees of the original', () => {
  const programs = fc.array(step, { minLength: 1, maxLength: 25 })

  it('for a mutex', async () => {
    await fc.assert(
      fc.asyncProperty(programs, async (steps) => {
        expect(await trace(new bound.Mutex(), steps)).toEqual(await trace(new library.Mutex(), steps))
      }),
      { numRuns: 200 },
    )
  })

  it('for a semaphore', async () => {
    await fc.assert(
      fc.asyncProperty(programs, fc.integer({ min: -1, max: 3 }), async (steps, value) => {
        expect(await trace(new bound.Semaphore(value), steps)).toEqual(
          await trace(new library.Semaphore(value), steps),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('for what `withTimeout` makes of them', async () => {
    const decorated = (from: typeof library) => [
      from.withTimeout(new from.Mutex(), 10_000),
      from.withTimeout(new from.Semaphore(2), 10_000),
    ]
    await fc.assert(
      fc.asyncProperty(programs, async (steps) => {
        for (const [index, lock] of decorated(bound as typeof library).entries()) {
          expect(await trace(lock!, steps)).toEqual(await trace(decorated(library)[index]!, steps))
        }
      }),
      { numRuns: 100 },
    )
  })
})
