import { describe, expect, it } from 'vitest'
import { Action, Event, eventFromJson, eventToJson, LockInformation } from '../../src/events/index.js'

/** The JSON text of a value in a payload. */
function written(value: unknown): string {
  const action = new Action('a', [0, 0]).setPayloadMap({ value })
  const text = action.toJson()
  const start =
    '{"start_time":"1970-01-01T00:00:00Z","end_time":null,"name":"a","err":null,"payload_map":{"value":'
  expect(text.startsWith(start)).toBe(true)
  return text.slice(start.length, -2)
}

function writtenError(err: unknown): unknown {
  const event = new Event('', 'x', undefined).setErr(err).addAction(new Action('a').setErr(err))
  const json = JSON.parse(eventToJson(event)) as { err: unknown; actions: { err: unknown }[] }
  expect(json.actions[0]?.err).toEqual(json.err)
  return json.err
}

describe('an event as JSON', () => {
  it("has Go's keys in Go's order", () => {
    const event = new Event('order-42', 'x', [0, 5])
    expect(event.toJson()).toBe(
      '{"id":"x","root_id":"x","parent_id":"","lock_id":"order-42","owner_id":"","storage_name":"",' +
        '"start_time":"1970-01-01T00:00:00.000000005Z","end_time":null,"event_type":0,"actions":null,' +
        '"watch_dog_id":"","lock_information":null,"err":null}',
    )
    expect(eventToJson(event)).toBe(event.toJson())
  })

  it('names its parent even when only the parent itself is known', () => {
    const event = new Event('l')
    event.parent = new Event('l', 'above', undefined)
    expect(event.toJson()).toContain('"parent_id":"above"')
  })

  it("escapes what Go escapes, so that the bytes are Go's", () => {
    expect(new Event('<a href="x">&\u2028\u2029\\\n\t\r\u0001é👍\u007f').toJson()).toContain(
      '"lock_id":"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\\\\\\n\\t\\r\\u0001é👍\u007f"',
    )
    expect(written({ '<k>': '&' })).toBe('{"\\u003ck\\u003e":"\\u0026"}')
  })

  it('is well-formed UTF-8 even for half a surrogate pair', () => {
    expect(new Event('\ud800').toJson()).toContain('"lock_id":"\\ud800"')
  })
})

describe('an error', () => {
  it.each([
    ['an Error', new Error('refused'), 'refused'],
    ['an Error without a message', new RangeError(), 'RangeError'],
    ['an AggregateError', new AggregateError([new Error('a')], 'many'), 'many'],
    ['a string', 'refused', 'refused'],
    ['an empty string', '', ''],
    ['a number', 111, 111],
    ['false', false, false],
    ['an object', { Code: 19 }, { Code: 19 }],
    ['NaN', Number.NaN, 'NaN'],
    ['a symbol', Symbol('refused'), 'Symbol(refused)'],
    ['a function', () => {}, {}],
    ['an object that JSON makes null', { toJSON: () => null }, {}],
  ])('that is %s is written, and still an error', (_name, err, json) => {
    expect(writtenError(err)).toEqual(json)
  })

  it.each([null, undefined])('that is %s is none', (err) => {
    expect(writtenError(err)).toBeNull()
  })

  it('from another realm is known as one', () => {
    const foreign = Object.create(null, {
      message: { value: 'far' },
      [Symbol.toStringTag]: { value: 'Error' },
    }) as unknown
    expect(writtenError(foreign)).toBe('far')
  })
})

describe('a payload', () => {
  it.each([
    ['a bigint', 18_446_744_073_709_551_615n, '18446744073709551615'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['an Error', new Error('refused'), '"refused"'],
    ['NaN', Number.NaN, 'null'],
    ['infinity', -Infinity, 'null'],
    ['minus zero', -0, '0'],
    [
      'holes and what JSON has no form for, in an array',
      [undefined, () => {}, Symbol('x'), 1],
      '[null,null,null,1]',
    ],
    ['the same, in an object', { a: undefined, b: () => {}, c: Symbol('x'), d: 1 }, '{"d":1}'],
    ['symbol keys', { [Symbol('x')]: 1, a: 1 }, '{"a":1}'],
    ['a boxed string', Object('x'), '"x"'],
    ['a boxed number', Object(5), '5'],
    ['a boxed bigint', Object(5n), '5'],
    [
      'an object that is its own JSON',
      {
        toJSON() {
          return this
        },
        a: 1,
      },
      '{"a":1}',
    ],
    ['a Map', new Map([['a', 1]]), '{}'],
    ['a URL', new URL('http://localhost/'), '"http://localhost/"'],
    ['the key of a toJSON', { toJSON: (key: string) => key }, '"value"'],
  ])('may hold %s', (_name, value, json) => {
    expect(written(value)).toBe(json)
  })

  it('writes a record as the JSON it is elsewhere', () => {
    const information = new LockInformation('l', 'o', 18_446_744_073_709_551_615n, 1, [0, 1], [0, 2])
    expect(written(information)).toBe(information.toJson())
    information.leaseExpireTime = [Number.NaN, 0]
    expect(written([information, 1])).toContain('"lease_expire_time":"0001-01-01T00:00:00Z"')
  })

  it('may hold itself', () => {
    const value: { a: number; self?: unknown; list?: unknown } = { a: 1 }
    value.self = value
    value.list = [value]
    expect(written(value)).toBe('{"a":1,"self":"[Circular]","list":["[Circular]"]}')
  })

  it('may hold one thing twice', () => {
    const twice = { a: 1 }
    expect(written([twice, twice])).toBe('[{"a":1},{"a":1}]')
  })

  it('loses only what throws when it is read', () => {
    const fail = () => {
      throw new Error('no')
    }
    const getter = Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: fail })
    expect(written(getter)).toBe('{"a":1,"b":"[Unreadable]"}')
    expect(written([{ toJSON: fail }, 1])).toBe('["[Unreadable]",1]')
    expect(written([new Proxy({}, { ownKeys: fail }), 1])).toBe('["[Unreadable]",1]')
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(written([proxy, 1])).toBe('["[Unreadable]",1]')
    expect(written(Object.defineProperty(new Error('x'), 'message', { get: fail }))).toBe('"Error"')
  })

  it('may be endless', () => {
    const endless = (): unknown => Object.defineProperty({}, 'next', { enumerable: true, get: endless })
    const text = written(endless())
    expect(text).toContain('"[Too deep]"')
    expect(() => JSON.parse(text)).not.toThrow()
  })
})

describe('a field that a caller without types set wrongly', () => {
  it('still gives a line that can be read', () => {
    const event = Object.assign(new Event(), {
      id: 'x',
      lockId: 5,
      startTime: 'now',
      endTime: [Number.NaN, 0],
      eventType: Number.NaN,
      actions: [null, Object.assign(new Action('a'), { payloadMap: [1], startTime: null })],
      lockInformation: { version: 'three' },
    })
    expect(eventFromJson(event.toJson())).toMatchObject({
      id: 'x',
      lockId: '',
      startTime: undefined,
      endTime: undefined,
      eventType: 0,
      actions: [{ name: 'a', startTime: undefined, payloadMap: undefined }],
      lockInformation: { lockId: '', version: 0 },
    })
    const without = new Event()
    Object.assign(without, { actions: null })
    expect(eventFromJson(without.toJson()).actions).toEqual([])
  })
})
