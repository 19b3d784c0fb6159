import { describe, expect, it } from 'vitest'
import { errorMessageOf, errorTypeOf, isError } from '../../src/operations/error-type.js'

class QuotaError extends Error {}

const refusing = new Proxy(
  {},
  {
    get: () => {
      throw new Error('no')
    },
    getPrototypeOf: () => {
      throw new Error('no')
    },
  },
)

describe('an error', () => {
  it('is anything but nothing', () => {
    expect([null, undefined].map(isError)).toEqual([false, false])
    expect([{}, '', 0, false, new Error('x')].every(isError)).toBe(true)
  })

  it.each<[string, unknown, string, string | undefined]>([
    ['a Go error that lost its message', {}, '_OTHER', undefined],
    [
      'an error of PostgreSQL',
      { Code: '57P01', Message: 'terminating connection' },
      '57P01',
      'terminating connection',
    ],
    ['an error of SQLite', { Code: 19, ExtendedCode: 2067 }, '19', '{"Code":19,"ExtendedCode":2067}'],
    ['a number of the system', 111, '111', '111'],
    ['a string', 'storage exploded', '_OTHER', 'storage exploded'],
    ['a list', ['e1', 'e2'], '_OTHER', '["e1","e2"]'],
    ['an Error', new Error('no lock'), 'Error', 'no lock'],
    ['an Error of a class', new RangeError('far'), 'RangeError', 'far'],
    ['an Error of an own class', new QuotaError('full'), 'QuotaError', 'full'],
    [
      'an Error with a code',
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
      'refused',
    ],
    [
      'an Error with a name of its own',
      Object.assign(new Error('held'), { name: 'LockHeld' }),
      'LockHeld',
      'held',
    ],
    [
      'an Error whose code is a message',
      Object.assign(new Error('x'), { code: 'user 42 failed' }),
      'Error',
      'x',
    ],
    [
      'an object with a name',
      { name: 'ResourceLockedError', message: 'busy' },
      'ResourceLockedError',
      'busy',
    ],
    ['a boolean', true, '_OTHER', 'true'],
    ['what refuses to be read', refusing, '_OTHER', undefined],
  ])('%s has a class and a message', (_, err, type, message) => {
    expect(errorTypeOf(err)).toBe(type)
    expect(errorMessageOf(err)).toBe(message)
  })

  it('is of few classes: neither a long code nor one with spaces is one', () => {
    expect(errorTypeOf({ code: 'x'.repeat(65) })).toBe('_OTHER')
    expect(errorTypeOf({ code: 'a b' })).toBe('_OTHER')
    expect(errorTypeOf({ code: 'line\nbreak' })).toBe('_OTHER')
    expect(errorTypeOf({ code: Number.NaN })).toBe('_OTHER')
  })

  it('has a short message', () => {
    expect(errorMessageOf('x'.repeat(10_000))).toHaveLength(257)
    expect(errorMessageOf({ list: Array.from({ length: 1000 }, (_, i) => i) })?.length).toBe(257)
  })
})
