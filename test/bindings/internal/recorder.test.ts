import { beforeEach, describe, expect, it } from 'vitest'
import { leaseEnd } from '../../../src/bindings/internal/lease.js'
import { LockListeners } from '../../../src/bindings/internal/listeners.js'
import { normalizeOptions } from '../../../src/bindings/internal/options.js'
import { newOwnerId } from '../../../src/bindings/internal/owner.js'
import { Recorder } from '../../../src/bindings/internal/recorder.js'
import { textOf } from '../../../src/bindings/internal/text.js'
import { Recorded } from '../support/derive.js'

const recorded = new Recorded()
const recorder = new Recorder(normalizeOptions('test', { listeners: [recorded] }, 'store'))

beforeEach(() => recorded.clear())

describe('an acquire', () => {
  it('publishes its first hundred attempts, and counts them all', () => {
    const acquisition = recorder.acquire('a', 'me')
    for (let i = 0; i < 250; i++) acquisition.busy({ sleep: 1 })
    acquisition.acquired()
    expect(recorded.acquires).toMatchObject([{ attempts: 251 }])
    expect(recorded.count('StorageLock.Lock.Begin.Busy')).toBe(100)
    expect(recorded.publications.length).toBeLessThan(210)
  })

  it('tells of an attempt that failed and was retried', () => {
    const acquisition = recorder.acquire('a', 'me')
    acquisition.attemptFailed(new Error('down'), { sleep: 10 })
    acquisition.acquired()
    expect(recorded.acquires).toMatchObject([{ outcome: 'acquired', busy: 0 }])
    expect(recorded.actions('Storage.CreateWithVersion').map(({ action }) => action.err)).toEqual([
      'down',
      null,
    ])
    expect(recorded.actions('Sleep')[0]?.action.payloadAsNumber('sleep')).toBe(10_000_000)
  })

  it('forms one tree, in which nothing hangs in the air', () => {
    const hold = recorder.acquire('a', 'me').acquired({}, undefined, { watched: true })
    hold.renew()?.succeeded()
    recorder.release(hold).done()
    const ids = new Set(recorded.publications.map(({ event }) => event.id))
    for (const { event } of recorded.publications) {
      expect(event.parentId === '' || ids.has(event.parentId)).toBe(true)
      expect(event).toMatchObject({ lockId: 'a', ownerId: 'me', storageName: 'store' })
    }
    expect(new Set(recorded.publications.map(({ event }) => event.rootId)).size).toBe(2)
  })

  it('publishes nothing when nobody listens', () => {
    const quiet = new Recorder(normalizeOptions('test', {}, 'store'))
    expect(quiet.enabled).toBe(false)
    quiet.created('a')
  })
})

describe('a watch dog', () => {
  it('publishes the first of many failures in a row, and the success after them', () => {
    const hold = recorder.acquire('a', 'me').acquired({}, undefined, { watched: true })
    for (let i = 0; i < 500; i++) hold.renew()?.failed(new Error('down'))
    hold.renew()?.succeeded()
    expect(recorded.renewals).toEqual([
      'Storage.UpdateWithVersion-error',
      'Storage.UpdateWithVersion-success',
    ])
    expect(recorded.count('WatchDog.Refresh.Begin')).toBe(1)
  })

  it('loses its lease once, and then renews no more', () => {
    const hold = recorder.acquire('a', 'me').acquired({}, undefined, { watched: true })
    for (let i = 0; i < 500; i++) hold.renew()?.lost('not_owner', null)
    hold.lost('not_found', null)
    expect(recorded.losses).toHaveLength(1)
    expect(recorded.count('WatchDog.Exit')).toBe(1)
    expect(hold.renew()).toBeUndefined()
  })
})

describe('its parts', () => {
  it('know when a lease ends, if it does', () => {
    expect(leaseEnd([10, 5], 1500)).toEqual([11, 500_000_005])
    for (const endless of [Number.POSITIVE_INFINITY, 9e15, Number.NaN, undefined, '5']) {
      expect(leaseEnd([10, 5], endless)).toBeUndefined()
    }
  })

  it('make owners of the host, the process and a counter', () => {
    const [a, b] = [newOwnerId(), newOwnerId()]
    expect(a).toMatch(new RegExp(`-${process.pid}-\\d+$`))
    expect(a).not.toBe(b)
  })

  it('ask for the owner of each acquire', () => {
    const named = (ownerId: string | ((subject: unknown) => string)) =>
      new Recorder(normalizeOptions('test', { ownerId }, 'store')).ownerId('subject')
    expect(named('fixed')).toBe('fixed')
    expect(named(String)).toBe('subject')
    expect(
      named(() => {
        throw new Error('hook')
      }),
    ).toContain(String(process.pid))
  })

  it('take texts and numbers from hooks, and nothing else', () => {
    expect(textOf(() => 7, String)).toBe('7')
    expect(
      textOf(
        () => ({}),
        () => 'fallback',
      ),
    ).toBe('fallback')
  })

  it('keep a listener once, until it is removed', () => {
    const listeners = new LockListeners().add(recorded).add(recorded)
    expect(listeners.current).toEqual([recorded])
    expect(listeners.remove(recorded).current).toEqual([])
    expect(() => listeners.add({} as never)).toThrow(TypeError)
  })
})
