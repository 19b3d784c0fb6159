import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { Redlock as SesameRedlock } from '@sesamecare-oss/redlock'
import { Mutex as AsyncMutex } from 'async-mutex'
import properLockfile from 'proper-lockfile'
import * as redisSemaphore from 'redis-semaphore'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instrumentAsyncMutex } from '../../src/bindings/async-mutex.js'
import { instrument } from '../../src/bindings/instrument.js'
import { instrumentProperLockfile } from '../../src/bindings/proper-lockfile.js'
import { instrumentRedisSemaphore } from '../../src/bindings/redis-semaphore.js'
import { instrumentRedlock } from '../../src/bindings/redlock.js'
import { Redlock4, Redlock5 } from './support/libraries.js'
import { RedisServer } from './support/redis-server.js'
import { Telemetry } from './support/telemetry.js'
import { contend, type Measured, pause } from './support/workers.js'

const WORKERS = 4
const CYCLES = 5

let server: RedisServer
let folder: string
let telemetry: Telemetry
let counter = 0

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  server = await RedisServer.start()
  folder = fs.mkdtempSync(join(tmpdir(), 'bindings-otel-'))
})
afterAll(async () => {
  context.disable()
  fs.rmSync(folder, { recursive: true, force: true })
  await server.stop()
})
beforeEach(() => {
  counter += 1
  telemetry = new Telemetry()
})
afterEach(() => telemetry.shutdown())

/** Takes the lock, holds it for 3 ms, and gives it back. */
type Use = (held: () => void, released: () => void) => Promise<void>

const redlockOptions = { retryCount: -1, retryDelay: 5, retryJitter: 2 }

/** Each binding as a maker of what one worker does. */
const bindings: [string, () => (worker: number) => Use][] = [
  [
    'redlock 5',
    () => {
      const redlock = new (instrumentRedlock(Redlock5, { listeners: [telemetry.listener] }))(
        [server.client()],
        redlockOptions,
      )
      return () => async (held, released) => {
        const lock = await redlock.acquire([`r5-${counter}`], 5000)
        held()
        await pause(3)
        await lock.release()
        released()
      }
    },
  ],
  [
    '@sesamecare-oss/redlock',
    () => {
      const redlock = new (instrumentRedlock(SesameRedlock, { listeners: [telemetry.listener] }))(
        [server.client()],
        redlockOptions,
      )
      return () => async (held, released) => {
        const lock = await redlock.acquire([`sesame-${counter}`], 5000)
        held()
        await pause(3)
        await lock.release()
        released()
      }
    },
  ],
  [
    'redlock 4',
    () => {
      const redlock = new (instrumentRedlock(Redlock4, { listeners: [telemetry.listener] }))(
        [server.client()],
        redlockOptions,
      )
      return () => async (held, released) => {
        const lock = await redlock.lock(`r4-${counter}`, 5000)
        held()
        await pause(3)
        await lock.unlock()
        released()
      }
    },
  ],
  ...(['Mutex', 'Semaphore', 'RedlockMutex'] as const).map(
    (name): [string, () => (worker: number) => Use] => [
      `redis-semaphore ${name}`,
      () => {
        const bound = instrumentRedisSemaphore(redisSemaphore, { listeners: [telemetry.listener] })
        const key = `semaphore-${counter}`
        const options = { retryInterval: 3 }
        const make = {
          Mutex: () => new bound.Mutex(server.client(), key, options),
          Semaphore: () => new bound.Semaphore(server.client(), key, 1, options),
          RedlockMutex: () => new bound.RedlockMutex([server.client()], key, options),
        }[name]
        const locks = Array.from({ length: WORKERS }, () => make())
        return (worker) => async (held, released) => {
          const lock = locks[worker]!
          await lock.acquire()
          held()
          await pause(3)
          await lock.release()
          released()
        }
      },
    ],
  ),
  [
    'async-mutex',
    () => {
      const mutex = instrumentAsyncMutex(new AsyncMutex(), { listeners: [telemetry.listener] })
      return () => async (held, released) => {
        await mutex.runExclusive(async () => {
          held()
          await pause(3)
        })
        released()
      }
    },
  ],
  [
    'proper-lockfile',
    () => {
      const lockfile = instrumentProperLockfile(properLockfile, { listeners: [telemetry.listener] })
      const file = join(folder, `file-${counter}`)
      fs.writeFileSync(file, '')
      return () => async (held, released) => {
        const release = await lockfile.lock(file, { retries: { retries: 500, minTimeout: 3, factor: 1 } })
        held()
        await pause(3)
        await release()
        released()
      }
    },
  ],
  [
    'instrument',
    () => {
      const mutex = new AsyncMutex()
      const lock = instrument(
        { acquire: () => mutex.acquire(), release: () => mutex.release() },
        { listeners: [telemetry.listener] },
      )
      return () => async (held, released) => {
        await lock.acquire()
        held()
        await pause(3)
        lock.release()
        released()
      }
    },
  ],
]

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe.each(bindings)('the metrics of %s', (_name, make) => {
  it('are what the workers measured', async () => {
    const use = make()
    const measured: Measured = await contend(WORKERS, CYCLES, (worker, held, released) =>
      use(worker)(held, released),
    )
    const count = WORKERS * CYCLES
    const acquired = { 'storage_lock.outcome': 'acquired' }
    expect(await telemetry.sum('storage_lock.acquire.duration')).toBe(count)
    expect(await telemetry.sum('storage_lock.acquire.duration', acquired)).toBe(count)
    expect(await telemetry.sum('storage_lock.release.duration', { 'storage_lock.outcome': 'released' })).toBe(
      count,
    )
    expect(await telemetry.sum('storage_lock.hold.duration', { 'storage_lock.hold.end': 'released' })).toBe(
      count,
    )
    expect(await telemetry.sum('storage_lock.lease.losses')).toBe(0)
    expect(await telemetry.sum('storage_lock.takeovers')).toBe(0)
    expect(await telemetry.sum('storage_lock.held')).toBe(0)
    expect(await telemetry.sum('storage_lock.waiting')).toBe(0)
    // On average within 2 ms of the workers' own clocks.
    const waited = (await telemetry.total('storage_lock.acquire.duration')) * 1000
    const held = (await telemetry.total('storage_lock.hold.duration')) * 1000
    expect(Math.abs(waited - sum(measured.waits))).toBeLessThan(2 * count)
    expect(Math.abs(held - sum(measured.holds))).toBeLessThan(2 * count)
  })

  it('come with spans of which none is an orphan or an error', async () => {
    const use = make()
    await contend(2, 2, (worker, held, released) => use(worker)(held, released))
    const spans = await telemetry.spans()
    const ids = new Set(spans.map((span) => span.spanContext().spanId))
    expect(spans.filter(({ name }) => name === 'StorageLock.Hold')).toHaveLength(4)
    for (const span of spans) {
      expect(span.parentSpanContext === undefined || ids.has(span.parentSpanContext.spanId)).toBe(true)
      expect(span.status.code).toBe(0)
    }
    const unlocks = spans.filter(({ name }) => name === 'StorageLock.Unlock')
    expect(unlocks).toHaveLength(4)
    for (const { links } of unlocks) {
      expect(links.map(({ attributes }) => attributes?.['storage_lock.relation'])).toContain('holds')
    }
  })
})

describe('a lost lease', () => {
  it('is counted once for a redlock whose key is stolen, within bounds', async () => {
    const client = server.client()
    const redlock = new (instrumentRedlock(Redlock5, { listeners: [telemetry.listener] }))([client], {
      retryCount: 0,
      automaticExtensionThreshold: 200,
    })
    let lossesInside = -1
    await redlock
      .using(['stolen'], 400, async () => {
        await client.set('stolen', 'somebody else')
        await pause(350)
        lossesInside = await telemetry.sum('storage_lock.lease.losses')
      })
      .catch(() => undefined)
    expect(lossesInside).toBe(1)
    expect(await telemetry.sum('storage_lock.lease.losses', { 'storage_lock.reason': 'not_owner' })).toBe(1)
    expect(await telemetry.sum('storage_lock.lease.losses')).toBe(1)
    expect(await telemetry.sum('storage_lock.hold.duration', { 'storage_lock.hold.end': 'lost' })).toBe(1)
    expect(await telemetry.sum('storage_lock.release.duration', { 'storage_lock.outcome': 'refused' })).toBe(
      1,
    )
    expect((await telemetry.spans()).length).toBeLessThan(25)
  })

  it('is counted once when only the release finds the key stolen', async () => {
    const client = server.client()
    const redlock = new (instrumentRedlock(Redlock5, { listeners: [telemetry.listener] }))([client], {
      retryCount: 0,
    })
    const lock = await redlock.acquire(['stolen-late'], 100)
    await client.set('stolen-late', 'somebody else')
    await expect(lock.release()).rejects.toMatchObject({ name: 'ExecutionError' })
    // Its lease has to be over for a while: a renewal might yet be told of.
    await pause(1300)
    expect(await telemetry.sum('storage_lock.lease.losses')).toBe(1)
    expect(await telemetry.sum('storage_lock.held')).toBe(0)
  })

  it('is counted once for a redis-semaphore whose key is gone', async () => {
    const client = server.client()
    const Bound = instrumentRedisSemaphore(redisSemaphore.Mutex, { listeners: [telemetry.listener] })
    await new Promise<unknown>((resolve) => {
      const mutex = new Bound(client, 'gone', { lockTimeout: 500, refreshInterval: 30, onLockLost: resolve })
      void mutex.acquire().then(() => client.del('mutex:gone'))
    })
    expect(await telemetry.sum('storage_lock.lease.losses')).toBe(1)
    expect(await telemetry.sum('storage_lock.renewal.duration', { 'storage_lock.outcome': 'lost' })).toBe(1)
    expect(await telemetry.sum('storage_lock.held')).toBe(0)
  })
})

describe('a renewal', () => {
  it('by the program keeps a hold from being taken for expired', async () => {
    const redlock = new (instrumentRedlock(Redlock5, { listeners: [telemetry.listener] }))([server.client()])
    const lock = await redlock.acquire(['kept'], 50)
    const extended = await lock.extend(5000)
    await pause(1300)
    expect(await telemetry.sum('storage_lock.held')).toBe(1)
    expect(await telemetry.sum('storage_lock.takeovers')).toBe(0)
    await extended.release()
    expect(await telemetry.sum('storage_lock.hold.duration', { 'storage_lock.hold.end': 'released' })).toBe(1)
    expect(await telemetry.sum('storage_lock.lease.losses')).toBe(0)
  })

  it('is measured with the lease that was left', async () => {
    const redlock = new (instrumentRedlock(SesameRedlock, { listeners: [telemetry.listener] }))(
      [server.client()],
      {
        automaticExtensionThreshold: 250,
      },
    )
    await redlock.using(['renewed'], 400, () => pause(400))
    const renewals = await telemetry.sum('storage_lock.renewal.duration', {
      'storage_lock.outcome': 'renewed',
    })
    expect(renewals).toBeGreaterThanOrEqual(2)
    expect(await telemetry.sum('storage_lock.renewal.headroom')).toBe(renewals)
    const headroom = (await telemetry.total('storage_lock.renewal.headroom')) / renewals
    expect(headroom).toBeGreaterThan(0.1)
    expect(headroom).toBeLessThan(0.27)
  })
})

describe('an acquire with `trace: "caller"`', () => {
  it('is a child of the active span, and so is what runs in the lock', async () => {
    await telemetry.shutdown()
    telemetry = new Telemetry({ trace: 'caller' })
    const tracer = telemetry.tracerProvider.getTracer('test')
    const mutex = instrumentAsyncMutex(new AsyncMutex(), { listeners: [telemetry.listener] })
    await tracer.startActiveSpan('request', async (request) => {
      await mutex.runExclusive(() => tracer.startSpan('work').end())
      expect(trace.getActiveSpan()).toBe(request)
      request.end()
    })
    const spans = await telemetry.spans()
    const request = spans.find(({ name }) => name === 'request')!.spanContext()
    for (const name of ['StorageLock.Lock', 'StorageLock.Unlock', 'work']) {
      const parents = spans.filter((span) => span.name === name).map((span) => span.parentSpanContext?.spanId)
      expect(parents, name).toEqual([request.spanId])
    }
  })

  it('is linked to the active span by default', async () => {
    const tracer = telemetry.tracerProvider.getTracer('test')
    const mutex = instrumentAsyncMutex(new AsyncMutex(), { listeners: [telemetry.listener] })
    await tracer.startActiveSpan('request', async (request) => {
      await mutex.runExclusive(() => undefined)
      request.end()
    })
    const lock = (await telemetry.spans()).find(({ name }) => name === 'StorageLock.Lock')!
    expect(lock.parentSpanContext).toBeUndefined()
    expect(lock.links.map(({ attributes }) => attributes?.['storage_lock.relation'])).toContain('caller')
  })
})
