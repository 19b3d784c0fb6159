import {
  type Context,
  context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Action, ActionName, Event, EventType } from '../../src/index.js'
import type { OtelListenerOptions } from '../../src/otel/options.js'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock, type Telemetry, turn } from '../support/telemetry.js'

let told: string[]

beforeEach(() => {
  told = []
  const tell = (...message: unknown[]): void => void told.push(message.map(String).join(' '))
  diag.setLogger(
    { error: tell, warn: tell, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
})

afterEach(() => diag.disable())

function anEvent(id: string): Event {
  const event = new Event('order-42', id, [1_800_000_000, 0]).setType(EventType.Lock)
  event.endTime = [1_800_000_000, 5]
  return event.addAction(new Action(ActionName.LockBegin, [1_800_000_000, 1]))
}

/** A call of Lock and of Unlock, of another lock, by which it shows that the listener still works. */
async function expectAlive(telemetry: Telemetry): Promise<void> {
  const story = new Story({ lockId: 'alive', seed: 99 })
  const held = story.lock()
  story.unlock(held)
  await telemetry.tell(story.lines)
  const root = telemetry.spans().find((span) => span.attributes['storage_lock.event.id'] === held.rootId)
  expect(root?.name).toBe('StorageLock.Lock')
  const metrics = await telemetry.metrics()
  expect(metrics.count('storage_lock.hold.duration', { 'storage_lock.lock.name': 'alive' })).toBe(1)
}

const thrower = (): never => {
  throw new Error('hostile')
}

const cyclic: Record<string, unknown> = { name: 'cyclic' }
cyclic['self'] = cyclic

const refusing = new Proxy(
  {},
  { get: thrower, has: thrower, ownKeys: thrower, getOwnPropertyDescriptor: thrower },
)

const payloads: Record<string, unknown> = {
  'a cyclic payload': { cyclic },
  'a payload that is cyclic itself': cyclic,
  'getters that throw': Object.defineProperty({ fine: 1 }, 'bad', { enumerable: true, get: thrower }),
  'a proxy that refuses everything': refusing,
  'a value that refuses everything': { bad: refusing },
  'a lock record that refuses everything': { lockInformation: refusing },
  'a lock record of the wrong types': {
    lockInformation: { owner_id: 7, lease_expire_time: {}, version: Symbol('v'), lock_count: 'many' },
  },
  'a toJSON that throws': { bad: { toJSON: thrower } },
  'prototype keys': JSON.parse(
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  ),
  bigints: { version: 2n ** 64n - 1n, deep: { version: 1n } },
  'symbols and functions': { symbol: Symbol('s'), fn: () => 1, [Symbol('key')]: 1 },
  'a string of a megabyte': { text: 'x'.repeat(1_000_000) },
  'a key of a megabyte': { ['k'.repeat(1_000_000)]: 1 },
  'ten thousand entries': Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, i])),
  'numbers that are none': { nan: Number.NaN, infinite: Number.POSITIVE_INFINITY, minus: -0 },
  'dates, also invalid': { date: new Date(0), invalid: new Date(Number.NaN) },
  'no object': 'text',
  'an array': [1, 2, 3],
}

describe('a payload with', () => {
  it.each(Object.keys(payloads))('%s harms nothing', async (name) => {
    const telemetry = createTelemetry()
    const event = anEvent('hostile-payload')
    event.actions[0]!.payloadMap = payloads[name] as Record<string, unknown>
    expect(() => telemetry.listener.on(ROOT_CONTEXT, event)).not.toThrow()
    await telemetry.listener.forceFlush()
    // Its span is there all the same, and carries no more than the bounds allow.
    const span = telemetry.spans().find((each) => each.attributes['storage_lock.event.id'] === event.id)
    expect(span?.events.map((each) => each.name)).toEqual([ActionName.LockBegin])
    for (const [key, value] of Object.entries(span?.events[0]?.attributes ?? {})) {
      expect(key.length).toBeLessThan(100)
      expect(String(value).length).toBeLessThan(1100)
    }
    expect(Object.keys(span?.events[0]?.attributes ?? {}).length).toBeLessThan(40)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    await expectAlive(telemetry)
    await telemetry.close()
  })
})

const withField = (field: string, value: unknown): unknown =>
  Object.assign(anEvent('hostile-field'), { [field]: value })
const withGetter = (field: string): unknown =>
  Object.defineProperty(anEvent('hostile-getter'), field, { get: thrower, enumerable: true })

const events: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  'a number': () => 42,
  'a string': () => 'event',
  'a function': () => thrower,
  'an empty object': () => ({}),
  'an array': () => [],
  'a proxy that refuses everything': () => refusing,
  'an id that is a number': () => withField('id', 7),
  'an id that is empty': () => withField('id', ''),
  'an id that is an object': () => withField('id', {}),
  'an id of a megabyte': () => withField('id', 'i'.repeat(1_000_000)),
  'a root id that is null': () => withField('rootId', null),
  'a root id of a megabyte': () => withField('rootId', 'r'.repeat(1_000_000)),
  'a parent id that is a number': () => withField('parentId', 3),
  'a lock id that is a symbol': () => withField('lockId', Symbol('lock')),
  'a lock id of a megabyte': () => withField('lockId', 'l'.repeat(1_000_000)),
  'an owner id that is an array': () => withField('ownerId', ['a']),
  'a storage name of a megabyte': () => withField('storageName', 's'.repeat(1_000_000)),
  'an unknown type': () => withField('eventType', 77),
  'a type that is a string': () => withField('eventType', 'lock'),
  'actions that are null': () => withField('actions', null),
  'actions that are a string': () => withField('actions', 'actions'),
  'actions that are none': () => withField('actions', [null, undefined, 1, 'two', {}]),
  'actions that only say how many they are': () => withField('actions', { length: Number.POSITIVE_INFINITY }),
  'actions that are four billion holes': () =>
    withField('actions', Object.assign([], { length: 2 ** 32 - 1 })),
  'actions that are ever more': () => {
    let length = 1
    const get = (target: object, key: string | symbol): unknown => {
      if (key === 'length') return length++
      return typeof key === 'string' && /^\d+$/.test(key) ? new Action('x') : Reflect.get(target, key)
    }
    return withField('actions', new Proxy([], { get }))
  },
  'actions that are four billion, each there': () => {
    const get = (target: object, key: string | symbol): unknown => {
      if (key === 'length') return 2 ** 32 - 1
      return typeof key === 'string' && /^\d+$/.test(key) ? new Action('x') : Reflect.get(target, key)
    }
    return withField('actions', new Proxy([], { get }))
  },
  'an action without a name': () => withField('actions', [{ startTime: [1, 2] }]),
  'an action with a name that is no string': () =>
    withField('actions', [Object.assign(new Action('x'), { name: 5 })]),
  'an action whose name cannot be read': () =>
    withField('actions', [Object.defineProperty(new Action('x'), 'name', { get: thrower })]),
  'an action whose error cannot be read': () =>
    withField('actions', [Object.defineProperty(new Action('x'), 'err', { get: thrower })]),
  'an action with an error that refuses everything': () =>
    withField('actions', [new Action('x').setErr(refusing)]),
  'an error that refuses everything': () => withField('err', refusing),
  'an error that is a symbol': () => withField('err', Symbol('error')),
  'times that are no numbers': () => withField('startTime', ['now', {}]),
  'a time that is not a number': () => withField('startTime', [Number.NaN, Number.NaN]),
  'a time of bigints': () => withField('startTime', [1n, 2n]),
  'a time that is a string': () => withField('startTime', '99'),
  'a time that is a date': () => withField('startTime', new Date(Number.NaN)),
  'a time with a fraction': () => withField('startTime', [1.5, 2.5]),
  'a time far from here': () => withField('endTime', [Number.MAX_VALUE, 0]),
  'a time that is not normalised': () => withField('endTime', [1, 5e9]),
  'a negative time': () => withField('startTime', [-5, 3]),
  'a parent that is its own': () => {
    const event = anEvent('own-parent')
    event.parent = event
    event.parentId = event.id
    return event
  },
  'parents in a circle': () => {
    const [a, b] = [anEvent('circle-a'), anEvent('circle-b')]
    a.parent = b
    b.parent = a
    a.parentId = b.id
    return a
  },
  'a parent that refuses everything': () => withField('parent', refusing),
  'lock information that refuses everything': () => withField('lockInformation', refusing),
  'lock information that is text': () => withField('lockInformation', 'text'),
  'a watch dog id that is null': () => withField('watchDogId', null),
  ...Object.fromEntries(
    [
      'id',
      'rootId',
      'parentId',
      'parent',
      'actions',
      'startTime',
      'endTime',
      'eventType',
      'err',
      'lockId',
    ].map((field) => [`a getter of ${field} that throws`, () => withGetter(field)]),
  ),
}

describe('an event that is, or has,', () => {
  it.each(Object.keys(events))('%s is taken or counted, and harms nothing', async (name) => {
    const telemetry = createTelemetry()
    const event = events[name]!()
    for (let i = 0; i < 3; i++) expect(() => telemetry.listener.on(undefined, event as Event)).not.toThrow()
    await expect(telemetry.listener.forceFlush()).resolves.toBeUndefined()
    await expectAlive(telemetry)
    const metrics = await telemetry.metrics()
    const counted = ['accepted', 'repeated', 'rejected'].map(
      (result) => metrics.value('storage_lock.listener.events', { 'storage_lock.result': result }) ?? 0,
    )
    const others = 60
    expect(counted[0]! + counted[1]! + counted[2]!).toBeGreaterThanOrEqual(3)
    expect(counted[0]! + counted[1]! + counted[2]!).toBeLessThan(others)
    // What was rejected was told of, once.
    const told3 = told.filter((message) => message.includes('could not be read'))
    expect(told3).toHaveLength(counted[2]! > 0 ? 1 : 0)
    expect(told.length).toBeLessThanOrEqual(2)
    await telemetry.close()
  })

  it('frozen, with all it has, is taken like any other', async () => {
    const telemetry = createTelemetry()
    const story = new Story()
    story.unlock(story.lock())
    const freeze = (value: unknown): unknown => {
      if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
        Object.freeze(value)
        Object.values(value).forEach(freeze)
      }
      return value
    }
    await telemetry.tell(story.lines.map((line) => freeze(line) as Event))
    expect((await telemetry.metrics()).count('storage_lock.hold.duration')).toBe(1)
    expect(told).toEqual([])
    await telemetry.close()
  })

  it('a million actions costs a bounded time and a bounded number of span events', async () => {
    const telemetry = createTelemetry()
    const event = anEvent('million')
    const action = event.actions[0] as Action
    for (let i = 0; i < 1_000_000; i++) event.actions.push(action)
    const began = performance.now()
    telemetry.listener.on(undefined, event)
    expect(performance.now() - began).toBeLessThan(1000)
    await telemetry.listener.forceFlush()
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(telemetry.spans()[0]?.events).toHaveLength(256)
    const dropped = { 'storage_lock.limit': 'actionsPerEvent' }
    expect((await telemetry.metrics()).value('storage_lock.listener.dropped', dropped)).toBe(1_000_001 - 256)
    await telemetry.close()
  })
})

describe('a context that is, or has,', () => {
  const contexts: Record<string, unknown> = {
    null: null,
    'an empty object': {},
    'a string': 'context',
    'a getValue that throws': { getValue: thrower, setValue: thrower, deleteValue: thrower },
  }

  it.each(Object.keys(contexts))('%s harms nothing', async (name) => {
    const telemetry = createTelemetry()
    const story = new Story()
    story.unlock(story.lock())
    for (const line of story.lines) telemetry.listener.on(contexts[name] as Context, line)
    await telemetry.listener.forceFlush()
    const metrics = await telemetry.metrics()
    expect(metrics.count('storage_lock.acquire.duration')).toBe(1)
    expect(metrics.count('storage_lock.hold.duration')).toBe(1)
    await expectAlive(telemetry)
    await telemetry.close()
  })
})

describe('a hook that', () => {
  const rubbish: unknown[] = [
    42,
    'text',
    null,
    [],
    Symbol('s'),
    () => 1,
    Promise.resolve({}),
    new Map(),
    refusing,
    cyclic,
  ]
  const hooks: Record<string, Partial<OtelListenerOptions>> = {
    'throws for lock names': { lockName: thrower },
    'throws for payloads': { payload: thrower },
    'throws for attributes': { attributes: thrower },
    'throws as an observer': {
      observer: { operation: thrower, renewal: thrower, holdEnded: thrower },
    },
    ...Object.fromEntries(
      rubbish.flatMap((value, index) => [
        [`returns rubbish ${index} for lock names`, { lockName: () => value as string }],
        [`returns rubbish ${index} for payloads`, { payload: () => value as string }],
        [`returns rubbish ${index} for attributes`, { attributes: () => value as Record<string, string> }],
      ]),
    ),
  }

  it.each(Object.keys(hooks))('%s takes nothing but its own part away', async (name) => {
    const telemetry = createTelemetry(hooks[name])
    const story = new Story()
    const held = story.lock()
    story.renew(held)
    story.unlock(held)
    await telemetry.tell(story.lines)
    const ids = new Set(story.lines.flatMap((line) => [line.id, line.rootId, line.parentId]))
    ids.delete('')
    // One more: the hold.
    expect(telemetry.spans()).toHaveLength(ids.size + 1)
    const metrics = await telemetry.metrics()
    for (const instrument of ['acquire', 'renewal', 'hold', 'release']) {
      expect(metrics.count(`storage_lock.${instrument}.duration`)).toBe(1)
    }
    expect(told.length).toBeLessThanOrEqual(2)
    await telemetry.close()
  })

  it('throws is told of once, and counted each time', async () => {
    const telemetry = createTelemetry({ attributes: thrower })
    const story = new Story()
    story.unlock(story.lock())
    await telemetry.tell(story.lines)
    expect(told).toHaveLength(1)
    expect((await telemetry.metrics()).value('storage_lock.listener.errors')).toBeGreaterThan(10)
    await telemetry.close()
  })

  it('publishes events, flushes and shuts down itself does not bring it into a loop', async () => {
    const other = new Story({ lockId: 'from-a-hook', seed: 5 })
    other.lock()
    const telemetry: Telemetry = createTelemetry({
      attributes: () => {
        for (const line of other.lines) telemetry.listener.on(undefined, line)
        telemetry.listener.flushSync()
        return undefined
      },
    })
    const story = new Story()
    story.unlock(story.lock())
    await telemetry.tell(story.lines)
    await telemetry.tell([])
    const metrics = await telemetry.metrics()
    expect(metrics.count('storage_lock.acquire.duration')).toBe(2)
    const ids = telemetry.spans().map((span) => span.spanContext().spanId)
    expect(ids).toHaveLength(new Set(ids).size)
    await telemetry.close()
  })
})

describe('below it', () => {
  const story = (): Event[] => {
    const told = new Story()
    const held = told.lock({ busy: 1 })
    told.renew(held)
    told.unlock(held)
    return told.lines
  }
  const onlyThrowing = (method: string): Tracer => {
    const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })
    const recording = Object.assign(Object.create(span) as Span, {
      isRecording: () => true,
      [method]: thrower,
    })
    return { startSpan: () => recording, startActiveSpan: thrower }
  }
  const tracers: Record<string, Tracer> = {
    'a tracer whose startSpan throws': { startSpan: thrower, startActiveSpan: thrower },
    'a tracer that makes nothing': {
      startSpan: () => undefined as unknown as Span,
      startActiveSpan: thrower,
    },
    ...Object.fromEntries(
      ['addEvent', 'setAttributes', 'setAttribute', 'setStatus', 'end', 'spanContext', 'isRecording'].map(
        (method) => [`a span whose ${method} throws`, onlyThrowing(method)],
      ),
    ),
  }

  it.each(Object.keys(tracers))('%s leaves the metrics whole', async (name) => {
    const telemetry = createTelemetry({ tracerProvider: { getTracer: () => tracers[name]! } })
    for (const event of story()) expect(() => telemetry.listener.on(undefined, event)).not.toThrow()
    await telemetry.listener.forceFlush()
    const metrics = await telemetry.metrics()
    for (const instrument of ['acquire', 'renewal', 'hold', 'release']) {
      expect(metrics.count(`storage_lock.${instrument}.duration`), instrument).toBe(1)
    }
    expect(metrics.value('storage_lock.held') ?? 0).toBe(0)
    expect(told.length).toBeLessThanOrEqual(1)
    await telemetry.close()
  })

  it('a tracer provider whose getTracer throws leaves the metrics whole', async () => {
    const telemetry = createTelemetry({ tracerProvider: { getTracer: thrower } })
    await telemetry.tell(story())
    expect((await telemetry.metrics()).count('storage_lock.hold.duration')).toBe(1)
    await telemetry.close()
  })

  it('a meter that throws, or whose instruments do, leaves the spans whole', async () => {
    const throwing = new Proxy({}, { get: () => thrower })
    const meters: unknown[] = [
      { getMeter: thrower },
      { getMeter: () => throwing },
      { getMeter: () => new Proxy({}, { get: () => () => throwing }) },
    ]
    for (const meterProvider of meters) {
      const telemetry = createTelemetry({ meterProvider } as OtelListenerOptions)
      const lines = story()
      await telemetry.tell(lines)
      const ids = new Set(lines.flatMap((line) => [line.id, line.rootId, line.parentId]))
      ids.delete('')
      expect(telemetry.spans()).toHaveLength(ids.size + 1)
      await telemetry.close()
    }
  })

  it('providers that are shut down are no trouble', async () => {
    const telemetry = createTelemetry()
    await telemetry.tracerProvider.shutdown()
    await telemetry.meterProvider.shutdown()
    for (const event of story()) expect(() => telemetry.listener.on(undefined, event)).not.toThrow()
    await telemetry.listener.forceFlush()
    await telemetry.listener.shutdown()
    telemetry.listener.on(undefined, anEvent('after'))
    await telemetry.listener.forceFlush()
  })

  it('a diag logger that throws is no trouble', async () => {
    diag.setLogger(
      { error: thrower, warn: thrower, info: thrower, debug: thrower, verbose: thrower },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    )
    const telemetry = createTelemetry({ attributes: thrower })
    await telemetry.tell(story())
    expect(() => telemetry.listener.on(undefined, null as unknown as Event)).not.toThrow()
    expect((await telemetry.metrics()).count('storage_lock.hold.duration')).toBe(1)
    diag.disable()
    await telemetry.close()
  })

  it('a clock that throws or runs backwards does not reach the lock', async () => {
    let reading = 0
    for (const clock of [{ now: thrower }, { now: () => (reading -= 1000) }, { now: () => Number.NaN }]) {
      const telemetry = createTelemetry({ clock })
      for (const event of story()) expect(() => telemetry.listener.on(undefined, event)).not.toThrow()
      await turn()
      await telemetry.listener.forceFlush().catch(() => expect.unreachable('forceFlush rejected'))
      await telemetry.close()
    }
  })
})

it('reports no more often than once a minute, and says how much it kept back', async () => {
  const telemetry = createTelemetry({ clock: new ManualClock() })
  for (let i = 0; i < 1000; i++) telemetry.listener.on(context.active(), { id: i } as unknown as Event)
  await telemetry.listener.forceFlush()
  expect(told).toHaveLength(1)
  const rejected = { 'storage_lock.result': 'rejected' }
  expect((await telemetry.metrics()).value('storage_lock.listener.events', rejected)).toBe(1000)
  await telemetry.close()
})
