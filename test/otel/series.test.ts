import { describe, expect, it } from 'vitest'
import { LockNames } from '../../src/otel/lock-name.js'
import { Reporter } from '../../src/otel/reporter.js'
import { SeriesTable } from '../../src/otel/series.js'

const reporter = new Reporter(
  () => 0,
  () => undefined,
)

function table(lockNames: number, storages = lockNames): SeriesTable {
  return new SeriesTable(new LockNames(undefined, lockNames, reporter, () => undefined), storages)
}

describe('the attributes of metrics', () => {
  it('are the same frozen object each time', () => {
    const series = table(10)
    const first = series.of('memory', 'order-1')
    expect(series.of('memory', 'order-2')).toBe(first)
    const made = first.storageCalls.of('get', 'ok', undefined)
    expect(series.of('memory', 'order-3').storageCalls.of('get', 'ok', undefined)).toBe(made)
    expect(made).toEqual({
      'storage_lock.storage.name': 'memory',
      'storage_lock.lock.name': 'order-*',
      'storage_lock.operation': 'get',
      'storage_lock.outcome': 'ok',
    })
    expect(Object.isFrozen(made) && Object.isFrozen(first.base)).toBe(true)
  })

  it('leave out what is not known', () => {
    const off = new SeriesTable(new LockNames(false, 10, reporter, () => undefined), 10)
    expect(off.of('', 'order-1').base).toEqual({})
  })

  it('tell storages apart, as many as the bound allows', () => {
    const series = table(100, 3)
    const names = ['a', 'b', 'c', 'd', 'e', 'a'].map(
      (storage) => series.of(storage, 'order-1').base['storage_lock.storage.name'],
    )
    expect(names).toEqual(['a', 'b', 'c', '_OTHER', '_OTHER', 'a'])
    expect(series.of('d', 'order-1')).toBe(series.of('e', 'order-1'))
  })

  it('share one series for all names beyond the bound', () => {
    const series = table(2)
    expect(series.of('s', 'c')).not.toBe(series.of('s', 'a'))
    expect(series.of('s', 'b').base).toEqual(series.of('s', 'd').base)
    expect(series.of('s', 'b')).toBe(series.of('s', 'd'))
  })

  it('stay right, though not the same object, for more kinds of errors than are kept', () => {
    const base = table(5).of('memory', 'a')
    for (let i = 0; i < 2000; i++) {
      const attributes = base.outcomes.of('error', undefined, `e${i}`)
      expect(attributes).toMatchObject({ 'error.type': `e${i}`, 'storage_lock.outcome': 'error' })
    }
  })
})
