import { ROOT_CONTEXT } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import {
  Action,
  compareHrTime,
  Event,
  EventType,
  ListenerWrapper,
  LockInformation,
  ZERO_TIME,
} from '../../src/events/index.js'

describe('a new event', () => {
  it('is the root of its own tree, about the lock, begun now and not ended', () => {
    const before = Date.now() / 1000
    const event = new Event('order-42')
    expect(event.id).toMatch(/^storage-lock-event-[0-9a-f]{32}$/)
    expect(event.rootId).toBe(event.id)
    expect(event.isRootEvent()).toBe(true)
    expect(event.lockId).toBe('order-42')
    expect(event.startTime![0]).toBeGreaterThanOrEqual(Math.floor(before) - 1)
    expect(event).toMatchObject({
      parentId: '',
      parent: undefined,
      ownerId: '',
      storageName: '',
      endTime: undefined,
      endedExplicitly: false,
      eventType: EventType.Unknown,
      actions: [],
      watchDogId: '',
      lockInformation: undefined,
      err: null,
      listeners: [],
    })
  })

  it('needs no lock', () => {
    expect(new Event().lockId).toBe('')
  })

  it('takes an id and a start of the caller instead', () => {
    const event = new Event('order-42', 'my-id', [5, 6])
    expect([event.id, event.rootId, event.startTime]).toEqual(['my-id', 'my-id', [5, 6]])
    expect(new Event('order-42', 'my-id', undefined).startTime).toBeUndefined()
  })
})

describe('fork', () => {
  const listener = new ListenerWrapper('listener', () => {})
  const information = new LockInformation('order-42', 'owner-1', 7)
  const parent = new Event('order-42')
    .setType(EventType.Lock)
    .setOwnerId('owner-1')
    .setStorageName('memory-storage')
    .setWatchDogId('dog')
    .setLockInformation(information)
    .setListeners([listener])
    .setErr('broken')
    .addActionByName('Begin')
    .end()

  it('makes a child that inherits what the operation shares', () => {
    const child = parent.fork()
    expect(child.id).not.toBe(parent.id)
    expect(child.parent).toBe(parent)
    expect(child.lockInformation).toBe(information)
    expect(child).toMatchObject({
      rootId: parent.id,
      parentId: parent.id,
      lockId: 'order-42',
      ownerId: 'owner-1',
      storageName: 'memory-storage',
      eventType: EventType.Lock,
      watchDogId: 'dog',
      listeners: [listener],
    })
    expect(child.isRootEvent()).toBe(false)
  })

  it('does not pass on actions, end, error or start', () => {
    const child = parent.fork()
    expect(child).toMatchObject({ actions: [], endTime: undefined, endedExplicitly: false, err: null })
    expect(compareHrTime(child.startTime!, parent.endTime!)).toBeGreaterThanOrEqual(0)
  })

  it('keeps the root through generations', () => {
    expect(parent.fork().fork().rootId).toBe(parent.id)
  })

  it('gives the child a list of listeners that the parent does not see changed', () => {
    const child = parent.fork().addListeners(new ListenerWrapper('second', () => {}))
    expect(child.listeners).toHaveLength(2)
    expect(parent.listeners).toEqual([listener])
  })
})

describe('the setters', () => {
  it('set every field and can be chained', () => {
    const parent = new Event('order-42')
    const first = new ListenerWrapper('first', () => {})
    const second = new ListenerWrapper('second', () => {})
    const information = new LockInformation('l')
    const action = new Action('Begin')
    const event = new Event()
      .setId('id')
      .setRootId('root')
      .setParent(parent)
      .setLockId('lock')
      .setOwnerId('owner')
      .setStorageName('storage')
      .setType(EventType.Unlock)
      .setErr(new Error('no'))
      .setWatchDogId('dog')
      .setLockInformation(information)
      .setListeners([first])
      .addListeners(second)
      .addAction(action)
      .addActionByName('Finish')
    expect(event).toMatchObject({
      id: 'id',
      rootId: 'root',
      parentId: parent.id,
      parent,
      lockId: 'lock',
      ownerId: 'owner',
      storageName: 'storage',
      eventType: EventType.Unlock,
      watchDogId: 'dog',
      lockInformation: information,
      listeners: [first, second],
    })
    expect((event.err as Error).message).toBe('no')
    expect(event.actions[0]).toBe(action)
    expect(event.actions[1]?.name).toBe('Finish')
    expect(event.actions[1]?.endTime).toBeUndefined()
    expect(event.clearListeners().listeners).toEqual([])
    expect(event.setLockInformation(undefined).lockInformation).toBeUndefined()
  })
})

describe('end', () => {
  it('sets the end and remembers that it was asked for', () => {
    const event = new Event('order-42').end()
    expect(compareHrTime(event.endTime!, event.startTime!)).toBeGreaterThanOrEqual(0)
    expect(event.endedExplicitly).toBe(true)
  })
})

describe('publish', () => {
  it('ends an event that has no end, which says nothing about the work', () => {
    const event = new Event('order-42')
    event.publish()
    expect(event.endTime).toBeDefined()
    expect(event.endedExplicitly).toBe(false)
  })

  it('ends an event whose end is the zero time', () => {
    const event = new Event('order-42')
    event.endTime = ZERO_TIME
    event.publish()
    expect(event.endTime[0]).toBeGreaterThan(0)
  })

  it('leaves the end alone when there is one', () => {
    const event = new Event('order-42').end()
    const end = event.endTime
    event.publish()
    event.publish()
    expect(event.endTime).toBe(end)
  })

  it('tells its own listeners first, then the given ones, in their order', () => {
    const told: string[] = []
    const listener = (name: string) => new ListenerWrapper(name, () => void told.push(name))
    new Event('l')
      .setListeners([listener('own 1'), listener('own 2')])
      .publish(undefined, listener('a'), listener('b'))
    expect(told).toEqual(['own 1', 'own 2', 'a', 'b'])
  })

  it('hands over the context and the event itself', () => {
    const calls: unknown[][] = []
    const event = new Event('l').setListeners([new ListenerWrapper('x', (...call) => void calls.push(call))])
    event.publish(ROOT_CONTEXT)
    event.publish()
    expect(calls).toEqual([
      [ROOT_CONTEXT, event],
      [undefined, event],
    ])
  })
})

describe('the parent id', () => {
  it('is the one set, else that of the parent, else empty', () => {
    const parent = new Event('l')
    const event = new Event('l')
    expect(event.getParentId()).toBe('')
    event.parent = parent
    expect(event.getParentId()).toBe(parent.id)
    event.parentId = 'other'
    expect(event.getParentId()).toBe('other')
  })
})

describe('isRootEvent', () => {
  it('is false without an id or with the root id of another', () => {
    expect(new Event('l').setId('').setRootId('').isRootEvent()).toBe(false)
    expect(new Event('l').setRootId('other').isRootEvent()).toBe(false)
  })
})

describe('JSON.stringify', () => {
  it('gives the wire form, without parents and listeners', () => {
    const parent = new Event('l').addListeners(new ListenerWrapper('x', () => {}))
    const event = parent.fork().addActionByName('Begin')
    expect(JSON.parse(JSON.stringify({ event }))).toEqual({ event: JSON.parse(event.toJson()) })
    expect(JSON.parse(JSON.stringify(event.actions))).toEqual([JSON.parse(event.actions[0]!.toJson())])
  })
})
