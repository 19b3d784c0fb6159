import { describe, expect, it } from 'vitest'
import { Action, LockInformation } from '../../src/events/index.js'

describe('a new action', () => {
  it('has its name, the time now as its start, and nothing else', () => {
    const action = new Action('Storage.Get')
    expect(action).toMatchObject({
      name: 'Storage.Get',
      endTime: undefined,
      err: null,
      payloadMap: undefined,
    })
    expect(Math.abs(action.startTime![0] - Date.now() / 1000)).toBeLessThan(5)
  })

  it('takes a start of the caller', () => {
    expect(new Action('Storage.Get', [5, 6]).startTime).toEqual([5, 6])
  })
})

describe('cost', () => {
  it('is the nanoseconds from start to end', () => {
    const action = new Action('Storage.Get', [5, 999_999_999])
    action.endTime = [7, 1]
    expect(action.cost()).toBe(1_000_000_002n)
  })

  it('is 0 while a time is missing', () => {
    const action = new Action('Storage.Get')
    expect(action.cost()).toBe(0n)
    action.end()
    expect(action.cost()).toBeGreaterThanOrEqual(0n)
    action.startTime = undefined
    expect(action.cost()).toBe(0n)
  })
})

describe('the error', () => {
  it('is set, told and cleared', () => {
    const action = new Action('a').setErr(new Error('refused'))
    expect(action.errMessage()).toBe('refused')
    expect(action.clearErr().err).toBeNull()
    expect(action.errMessage()).toBe('')
  })

  it.each([
    ['a string', 'refused', 'refused'],
    ['a number, as syscall.Errno', 111, '111'],
    ['an object with a Message, as pq.Error', { Code: '57P01', Message: 'terminating' }, 'terminating'],
    ['an object without words', {}, ''],
    ['an Error without a message', new TypeError(), 'TypeError'],
    ['undefined', undefined, ''],
    [
      'an object that throws',
      Object.defineProperty({}, 'message', {
        get: () => {
          throw new Error('x')
        },
      }),
      '',
    ],
  ])('has the message of %s', (_name, err, message) => {
    expect(new Action('a').setErr(err).errMessage()).toBe(message)
  })

  it('is recognised by itself, by its causes and by its class', () => {
    class Timeout extends Error {}
    const cause = new Timeout('late')
    const err = new Error('failed', { cause: new AggregateError([new Error('other'), cause]) })
    const action = new Action('a').setErr(err)
    expect(action.errorIs(err)).toBe(true)
    expect(action.errorIs(cause)).toBe(true)
    expect(action.errorIs(Timeout)).toBe(true)
    expect(action.errorIs(RangeError)).toBe(false)
    expect(action.errorIs(new Timeout('late'))).toBe(false)
    expect(new Action('a').errorIs(null)).toBe(false)
  })

  it('is compared without harm to what throws when it is asked', () => {
    const refusing = Object.defineProperty(class {}, Symbol.hasInstance, {
      value: () => {
        throw new Error('no')
      },
    })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(new Action('a').setErr(new Error('x')).errorIs(refusing)).toBe(false)
    expect(new Action('a').setErr(proxy).errorIs(Error)).toBe(false)
    expect(new Action('a').setErr(proxy).errMessage()).toBe('')
  })

  it('may be caused by itself', () => {
    const err = new Error('ring')
    err.cause = err
    expect(new Action('a').setErr(err).errorIs(RangeError)).toBe(false)
  })
})

describe('the payload', () => {
  it('is added to, replaced and cleared', () => {
    const action = new Action('a').addPayload('lockId', 'l').addPayload('count', 3)
    expect(action.payloadMap).toEqual({ lockId: 'l', count: 3 })
    const map = { other: 1 }
    expect(action.setPayloadMap(map).payloadMap).toBe(map)
    expect(action.clearPayloadMap().payloadMap).toBeUndefined()
  })

  it('is asked by key', () => {
    const action = new Action('a').addPayload('nothing', null)
    expect(action.hasPayload('nothing')).toBe(true)
    expect(action.payload('nothing')).toBeNull()
    expect(action.hasPayload('other')).toBe(false)
    expect(action.payload('other')).toBeUndefined()
    expect(new Action('a').payload('other')).toBeUndefined()
  })

  it('knows only keys of its own', () => {
    const action = new Action('a').addPayload('x', 1)
    expect(action.payload('constructor')).toBeUndefined()
    expect(action.payload('__proto__')).toBeUndefined()
    action.addPayload('__proto__', { polluted: true })
    expect(action.payload('__proto__')).toEqual({ polluted: true })
    expect(action.payload('polluted')).toBeUndefined()
    expect(Object.getPrototypeOf(action.payloadMap)).toBe(Object.prototype)
  })

  it('answers a question for another type with undefined', () => {
    const action = new Action('a').setPayloadMap({
      text: 'l',
      number: 1.5,
      integer: 3,
      big: 18446744073709551615n,
      flag: false,
      time: '2026-11-22T09:34:47.1Z',
      record: { lock_id: 'l', version: 3 },
      badRecord: { lock_id: 5 },
    })
    const answers = (question: (key: string) => unknown) =>
      Object.keys(action.payloadMap!).filter((key) => question(key) !== undefined)
    expect(answers((key) => action.payloadAsString(key))).toEqual(['text', 'time'])
    expect(answers((key) => action.payloadAsNumber(key))).toEqual(['number', 'integer', 'big'])
    expect(answers((key) => action.payloadAsBigInt(key))).toEqual(['integer', 'big'])
    expect(answers((key) => action.payloadAsBoolean(key))).toEqual(['flag'])
    expect(answers((key) => action.payloadAsTime(key))).toEqual(['time'])
    expect(answers((key) => action.payloadAsLockInformation(key))).toEqual(['record'])
    expect(action.payloadAsBigInt('big')).toBe(18446744073709551615n)
    expect(action.payloadAsNumber('big')).toBe(2 ** 64)
    expect(action.payloadAsTime('time')).toEqual([1795340087, 100_000_000])
    expect(action.payloadAsLockInformation('record')).toEqual(new LockInformation('l', '', 3))
  })

  it('may hold a record as an object of its class', () => {
    const information = new LockInformation('l')
    expect(
      new Action('a').addPayload('lockInformation', information).payloadAsLockInformation('lockInformation'),
    ).toBe(information)
  })
})

it('has a name that can be changed', () => {
  expect(new Action('a').setName('b').name).toBe('b')
})
