import { Redlock as SesameRedlock } from '@sesamecare-oss/redlock'
import * as asyncMutex from 'async-mutex'
import { Redis } from 'ioredis'
import pg from 'pg'
import lockfile from 'proper-lockfile'
import * as redisSemaphore from 'redis-semaphore'
import { describe, expectTypeOf, it } from 'vitest'
import { instrumentAsyncMutex } from '../../src/bindings/async-mutex.js'
import { instrument } from '../../src/bindings/instrument.js'
import { instrumentProperLockfile } from '../../src/bindings/proper-lockfile.js'
import { instrumentRedisSemaphore } from '../../src/bindings/redis-semaphore.js'
import { instrumentRedlock, wrapRedlock4 } from '../../src/bindings/redlock.js'
import { Redlock4, Redlock5 } from './support/libraries.js'

// Checked by the compiler: a bound lock stands wherever the original does.
describe('a bound lock', () => {
  it('has the type of the original', () => {
    const Bound5 = instrumentRedlock(Redlock5)
    expectTypeOf(Bound5).toEqualTypeOf<typeof Redlock5>()
    expectTypeOf(instrumentRedlock(SesameRedlock)).toEqualTypeOf<typeof SesameRedlock>()
    expectTypeOf(instrumentRedlock(Redlock4)).toEqualTypeOf<typeof Redlock4>()
    expectTypeOf(wrapRedlock4<Redlock4>).returns.toEqualTypeOf<Redlock4>()
    expectTypeOf(instrumentRedisSemaphore(redisSemaphore)).toEqualTypeOf<typeof redisSemaphore>()
    expectTypeOf(instrumentRedisSemaphore(redisSemaphore.Mutex)).toEqualTypeOf<typeof redisSemaphore.Mutex>()
    expectTypeOf(instrumentAsyncMutex(asyncMutex)).toEqualTypeOf<typeof asyncMutex>()
    expectTypeOf(instrumentAsyncMutex(new asyncMutex.Semaphore(1))).toEqualTypeOf<asyncMutex.Semaphore>()
    expectTypeOf(instrumentProperLockfile(lockfile)).toEqualTypeOf<typeof lockfile>()
  })

  it('keeps overloads and generics', () => {
    const client = new Redis({ lazyConnect: true })
    const redlock: SesameRedlock = new (instrumentRedlock(SesameRedlock))([client])
    const use = () => redlock.using(['a'], 1000, async (_signal, { lock }) => lock.value)
    expectTypeOf(use).returns.resolves.toBeString()
    void (async () => {
      const mutex: asyncMutex.MutexInterface = instrumentAsyncMutex(new asyncMutex.Mutex())
      expectTypeOf(await mutex.runExclusive(() => 1)).toBeNumber()
    })
  })

  it('hands its own types to the options', () => {
    const client = new pg.Client()
    const lock = instrument(
      {
        acquire: (key: number) =>
          client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [key]),
        release: (key: number) => client.query('SELECT pg_advisory_unlock($1)', [key]),
      },
      {
        lockId: (key) => {
          expectTypeOf(key).toBeNumber()
          return String(key)
        },
        isAcquired: ({ rows }) => {
          expectTypeOf(rows[0]?.locked).toEqualTypeOf<boolean | undefined>()
          return rows[0]?.locked === true
        },
        ownerId: ([key]) => {
          expectTypeOf(key).toBeNumber()
          return 'me'
        },
      },
    )
    expectTypeOf(lock.acquire).parameter(0).toBeNumber()
  })
})
