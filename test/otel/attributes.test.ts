import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it } from 'vitest'
import { Action, ActionName, Event, EventType, LockInformation } from '../../src/index.js'
import type { OtelListenerOptions } from '../../src/otel/options.js'
import { createTelemetry, type TelemetryOptions } from '../support/telemetry.js'

const START = 1_800_000_000

function anEvent(): Event {
  const event = new Event('order-42', 'storage-lock-event-5ec50fda86ea4a9aafac89df61f8e2a1', [START, 5])
  event.ownerId = 'owner-A'
  event.storageName = 'postgresql-storage'
  event.eventType = EventType.Lock
  return event
}

async function spanOf(event: Event, options: TelemetryOptions = {}): Promise<ReadableSpan> {
  const telemetry = createTelemetry(options)
  await telemetry.tell([event])
  const [span] = telemetry.spans()
  await telemetry.close()
  return span!
}

async function payloadOf(
  payload: unknown,
  options: OtelListenerOptions = {},
): Promise<Record<string, unknown>> {
  const action = new Action('own', [START, 6])
  action.payloadMap = payload as Record<string, unknown>
  const { events } = await spanOf(anEvent().addAction(action), options)
  const prefix = 'storage_lock.payload.'
  return Object.fromEntries(
    Object.entries(events[0]?.attributes ?? {}).map(([key, value]) => [key.slice(prefix.length), value]),
  )
}

describe('a span', () => {
  it('carries what its event is about', async () => {
    const event = anEvent().addAction(new Action('own', [START, 6]))
    event.watchDogId = 'dog-1'
    event.lockInformation = new LockInformation(
      'order-42',
      'owner-B',
      2n ** 63n,
      2,
      [START - 5, 0],
      [START + 5, 0],
    )
    const { attributes, kind } = await spanOf(event)
    expect(kind).toBe(SpanKind.INTERNAL)
    expect(attributes).toEqual({
      'storage_lock.root_id': event.id,
      'storage_lock.event.id': event.id,
      'storage_lock.event.type': 'lock',
      'storage_lock.lock.id': 'order-42',
      'storage_lock.owner.id': 'owner-A',
      'storage_lock.storage.name': 'postgresql-storage',
      'storage_lock.watch_dog.id': 'dog-1',
      'storage_lock.lock_information.version': '9223372036854775808',
      'storage_lock.lock_information.lock_count': 2,
      'storage_lock.lock_information.lock_begin_time': '2027-01-15T07:59:55Z',
      'storage_lock.lock_information.lease_expire_time': '2027-01-15T08:00:05Z',
    })
  })

  it.each([
    [EventType.Unknown, 'unknown'],
    [EventType.CreateLock, 'create'],
    [EventType.Unlock, 'unlock'],
    [EventType.WatchDog, 'watch_dog'],
  ])('of type %i says %s', async (type, name) => {
    const span = await spanOf(anEvent().setType(type))
    expect(span.attributes['storage_lock.event.type']).toBe(name)
  })

  it('leaves out what is empty', async () => {
    const span = await spanOf(new Event('', 'x', [START, 0]))
    expect(span.attributes).toEqual({
      'storage_lock.root_id': 'x',
      'storage_lock.event.id': 'x',
      'storage_lock.event.type': 'unknown',
    })
  })

  it.each([
    ['postgresql-storage', 'postgresql'],
    ['mysql-storage', 'mysql'],
    ['MariaDB', 'mariadb'],
    ['sqlite3-storage', 'sqlite'],
    ['redlock', 'redis'],
    ['mongodb-storage', 'mongodb'],
    ['sqlserver-storage', 'microsoft.sql_server'],
    ['my-own-storage', undefined],
  ])('of an operation of %s is a client of %s', async (storage, system) => {
    const root = anEvent().setStorageName(storage)
    const child = root.fork()
    child.startTime = [START, 7]
    child.addAction(Object.assign(new Action(ActionName.StorageGet, [START, 7]), { endTime: [START, 900] }))
    const telemetry = createTelemetry()
    await telemetry.tell([root, child])
    const span = telemetry.spans().find((each) => each.name === 'Storage.Get')
    expect(span?.kind).toBe(SpanKind.CLIENT)
    expect(span?.attributes['db.system.name']).toBe(system)
    expect(span?.attributes['storage_lock.operation']).toBe('get')
    await telemetry.close()
  })
})

describe('a payload', () => {
  it('becomes flat attributes', async () => {
    expect(
      await payloadOf({
        text: 'text',
        number: 1.5,
        flag: false,
        big: 2n ** 64n,
        nothing: null,
        missing: undefined,
        list: [1, 'two', { three: 3 }],
        nested: { deep: { deeper: 1n } },
        nan: Number.NaN,
        infinite: Number.NEGATIVE_INFINITY,
        fn: () => 1,
      }),
    ).toEqual({
      text: 'text',
      number: 1.5,
      flag: false,
      big: '18446744073709551616',
      list: '[1,"two",{"three":3}]',
      nested: '{"deep":{"deeper":"1"}}',
      nan: 'NaN',
      infinite: '-Infinity',
    })
  })

  it('tells a lock’s record field by field, as the model or JSON has it', async () => {
    const record = new LockInformation('order-42', 'owner-B', 3, -1, [START, 1], [START, 2])
    const json = JSON.parse(record.toJson()) as object
    const fields = {
      'lockInformation.owner_id': 'owner-B',
      'lockInformation.version': 3,
      'lockInformation.lock_count': -1,
      'lockInformation.lock_begin_time': '2027-01-15T08:00:00.000000001Z',
      'lockInformation.lease_expire_time': '2027-01-15T08:00:00.000000002Z',
    }
    expect(await payloadOf({ lockInformation: record })).toEqual(fields)
    expect(await payloadOf({ lockInformation: json })).toEqual(fields)
  })

  it('is cut to its bounds: entries, keys, texts', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i]))
    expect(Object.keys(await payloadOf(many))).toHaveLength(32)
    expect(Object.keys(await payloadOf(many, { limits: { payloadEntries: 3 } }))).toEqual(['k0', 'k1', 'k2'])
    expect((await payloadOf({ text: 'x'.repeat(5000) }))['text']).toBe(`${'x'.repeat(1024)}…`)
    expect((await payloadOf({ text: 'xyz' }, { limits: { payloadLength: 2 } }))['text']).toBe('xy…')
    expect(Object.keys(await payloadOf({ ['k'.repeat(500)]: 1 }))[0]).toHaveLength(64)
    const list = { list: Array.from({ length: 10_000 }, (_, i) => i) }
    expect(((await payloadOf(list))['list'] as string).length).toBe(1025)
  })

  it('is counted by what was cut of it', async () => {
    const telemetry = createTelemetry({ limits: { payloadEntries: 3, payloadLength: 4 } })
    const action = new Action('own', [START, 6])
    action.payloadMap = { a: 'fits', b: 'too long', c: { as: 'json' }, d: 1, e: 2 }
    await telemetry.tell([anEvent().addAction(action)])
    const metrics = await telemetry.metrics()
    const dropped = (limit: string): number | undefined =>
      metrics.value('storage_lock.listener.dropped', { 'storage_lock.limit': limit })
    expect(dropped('payloadEntries')).toBe(2)
    expect(dropped('payloadLength')).toBe(2)
    await telemetry.close()
  })

  it('is left out with payload: false', async () => {
    expect(await payloadOf({ text: 'secret' }, { payload: false })).toEqual({})
  })

  it('is what the hook says, key by key', async () => {
    const asked: unknown[] = []
    const options: OtelListenerOptions = {
      payload: (key, value, action) => {
        asked.push([key, value, action])
        return key === 'keep' ? [String(value), 'x'] : undefined
      },
    }
    expect(await payloadOf({ keep: 1, drop: 2 }, options)).toEqual({ keep: ['1', 'x'] })
    expect(asked).toEqual([
      ['keep', 1, 'own'],
      ['drop', 2, 'own'],
    ])
  })
})

describe('an action', () => {
  it('carries its duration, its error and its payload', async () => {
    const action = Object.assign(new Action('own', [START, 100]), { endTime: [START, 2_000_100] })
    action.err = Object.assign(new Error('no luck'), { code: 'ENOLUCK' })
    const { events } = await spanOf(anEvent().addAction(action))
    expect(events).toMatchObject([
      {
        name: 'own',
        time: [START, 100],
        attributes: {
          'storage_lock.action.duration': 0.002,
          'error.type': 'ENOLUCK',
          'error.message': 'no luck',
        },
      },
    ])
  })

  it('stands in the order of time, whatever the order of the list', async () => {
    const event = anEvent()
    for (const [name, nanoseconds] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ] as const) {
      event.addAction(new Action(name, [START, nanoseconds]))
    }
    const { events } = await spanOf(event)
    expect(events.map((each) => each.name)).toEqual(['a', 'b', 'c'])
  })

  it('is one of at most so many: the first and the last half stay', async () => {
    const event = anEvent()
    for (let i = 0; i < 20; i++) event.addAction(new Action(`a${i}`, [START, 10 + i]))
    const { events } = await spanOf(event, { limits: { actionsPerEvent: 6 } })
    expect(events.map((each) => each.name)).toEqual(['a0', 'a1', 'a2', 'a17', 'a18', 'a19'])
  })
})

describe('the hook for attributes', () => {
  it('adds its own to every published event’s span', async () => {
    const span = await spanOf(anEvent(), {
      attributes: (event) => ({ tenant: event.lockId.split('-')[0]!, tags: ['a', 'b'] }),
    })
    expect(span.attributes).toMatchObject({ tenant: 'order', tags: ['a', 'b'] })
  })

  it('cannot make attributes of what is none', async () => {
    const span = await spanOf(anEvent(), {
      attributes: () => ({ fine: 1, object: {}, mixed: [1, 'a'], none: undefined }) as never,
    })
    expect(span.attributes).toMatchObject({ fine: 1 })
    expect(Object.keys(span.attributes)).not.toContain('object')
    expect(Object.keys(span.attributes)).not.toContain('mixed')
  })
})
