import { describe, expect, it } from 'vitest'
import {
  EventSyntaxError,
  EventType,
  eventFromJson,
  eventFromObject,
  LockInformation,
} from '../../src/events/index.js'

const LINE =
  '{"id":"storage-lock-event-efdeced8526b437c84f97f7a51dbd718","root_id":"storage-lock-event-3afbc0f99bdc4170bdeffe2494dcdb6f",' +
  '"parent_id":"storage-lock-event-a7ffe89cd7d649e6ab489bff7836590d","lock_id":"order-42","owner_id":"owner-05",' +
  '"storage_name":"memory-storage","start_time":"2026-11-22T09:34:47.142300662Z","end_time":"2026-11-22T09:34:47.142302094Z",' +
  '"event_type":2,"actions":[{"start_time":"2026-11-22T09:34:47.142301093Z","end_time":"2026-11-22T09:34:47.142301684Z",' +
  '"name":"Storage.Get","err":{},"payload_map":{"lockId":"order-42","lockInformationJsonString":""}}],' +
  '"watch_dog_id":"dog","lock_information":{"lock_id":"order-42","owner_id":"owner-05","version":1,"lock_count":1,' +
  '"lock_begin_time":"2026-11-22T09:34:47Z","lease_expire_time":"2026-11-22T09:39:47Z"},"err":"broken"}'

describe('an event read from JSON', () => {
  it('has every field of the line', () => {
    const event = eventFromJson(LINE)
    expect(event).toMatchObject({
      id: 'storage-lock-event-efdeced8526b437c84f97f7a51dbd718',
      rootId: 'storage-lock-event-3afbc0f99bdc4170bdeffe2494dcdb6f',
      parentId: 'storage-lock-event-a7ffe89cd7d649e6ab489bff7836590d',
      parent: undefined,
      lockId: 'order-42',
      ownerId: 'owner-05',
      storageName: 'memory-storage',
      startTime: [1_795_340_087, 142_300_662],
      endTime: [1_795_340_087, 142_302_094],
      endedExplicitly: false,
      eventType: EventType.Lock,
      watchDogId: 'dog',
      err: 'broken',
      listeners: [],
    })
    expect(event.actions).toHaveLength(1)
    expect(event.actions[0]).toMatchObject({
      name: 'Storage.Get',
      startTime: [1_795_340_087, 142_301_093],
      endTime: [1_795_340_087, 142_301_684],
      err: {},
      payloadMap: { lockId: 'order-42', lockInformationJsonString: '' },
    })
    expect(event.actions[0]?.cost()).toBe(591n)
    expect(event.lockInformation).toEqual(
      new LockInformation('order-42', 'owner-05', 1, 1, [1_795_340_087, 0], [1_795_340_387, 0]),
    )
  })

  it('is the same when the text was parsed elsewhere', () => {
    expect(eventFromObject(JSON.parse(LINE))).toEqual(eventFromJson(LINE))
  })

  it("has Go's zero values for what is missing or null", () => {
    const nulls =
      '"root_id":null,"lock_id":null,"start_time":null,"event_type":null,"actions":null,"err":null'
    for (const text of ['{"id":"x"}', `{"id":"x",${nulls},"lock_information":null}`]) {
      expect(eventFromJson(text)).toMatchObject({
        id: 'x',
        rootId: '',
        parentId: '',
        lockId: '',
        ownerId: '',
        storageName: '',
        startTime: undefined,
        endTime: undefined,
        eventType: EventType.Unknown,
        actions: [],
        watchDogId: '',
        lockInformation: undefined,
        err: null,
      })
    }
    expect(eventFromJson('{"id":"x","actions":[{}]}').actions).toMatchObject([
      { startTime: undefined, endTime: undefined, name: '', err: null, payloadMap: undefined },
    ])
  })

  it('may have fields nobody knows, and white space around it', () => {
    expect(eventFromJson(' {"id":"x","later":{"id":5}} \r\n').id).toBe('x')
  })

  it('is of unknown type when the type is of a later version', () => {
    expect(eventFromJson('{"id":"x","event_type":17}').eventType).toBe(EventType.Unknown)
    expect(eventFromJson('{"id":"x","event_type":-1}').eventType).toBe(EventType.Unknown)
  })

  it.each(['{}', '[]', '""', '"x"', '0', '111', 'false', '{"Code":19,"Err":null}'])(
    'has an error when err is %s, which is kept as it is',
    (err) => {
      const event = eventFromJson(`{"id":"x","err":${err},"actions":[{"err":${err}}]}`)
      expect(event.err).toEqual(JSON.parse(err))
      expect(event.actions[0]?.err).toEqual(JSON.parse(err))
      expect(event.err).not.toBeNull()
    },
  )

  it('reads times in any zone as the instant they are', () => {
    const event = eventFromJson(
      '{"id":"x","start_time":"2026-11-22T17:34:47.1+08:00","end_time":"2026-11-22T09:34:47.1Z"}',
    )
    expect(event.startTime).toEqual(event.endTime)
  })

  it('keeps the zero time of a pointer that was set to it', () => {
    expect(eventFromJson('{"id":"x","start_time":"0001-01-01T00:00:00Z"}').startTime).toEqual([
      -62_135_596_800, 0,
    ])
  })
})

describe('integers beyond 2^53', () => {
  it('keep their digits wherever they are', () => {
    const payload =
      '{"a":18446744073709551615,"b":[-9223372036854775808,{"c":9007199254740993}],"d":9007199254740991}'
    const event = eventFromJson(
      `{"id":"x","lock_information":{"version":18446744073709551614},"err":{"n":9007199254740993},` +
        `"actions":[{"err":12345678901234567890,"payload_map":${payload}}]}`,
    )
    expect(event.lockInformation?.version).toBe(18_446_744_073_709_551_614n)
    expect(event.err).toEqual({ n: 9_007_199_254_740_993n })
    expect(event.actions[0]?.err).toBe(12_345_678_901_234_567_890n)
    expect(event.actions[0]?.payloadMap).toEqual({
      a: 18_446_744_073_709_551_615n,
      b: [-9_223_372_036_854_775_808n, { c: 9_007_199_254_740_993n }],
      d: 9_007_199_254_740_991,
    })
    expect(event.toJson()).toContain(`"payload_map":${payload}`)
  })

  it('are told from digits in strings, and from numbers with a fraction or an exponent', () => {
    const payload =
      '{"text":"18446744073709551615","quoted":"\\":18446744073709551615,\\\\","integer:1":"integer:2",' +
      '"18446744073709551615":"\\\\","big":18446744073709551615,"pi":3.141592653589793115997963,"large":1e300}'
    const event = eventFromJson(`{"id":"1234567890123456789","actions":[{"payload_map":${payload}}]}`)
    expect(event.id).toBe('1234567890123456789')
    expect(event.actions[0]?.payloadMap).toEqual({
      text: '18446744073709551615',
      quoted: '":18446744073709551615,\\',
      'integer:1': 'integer:2',
      '18446744073709551615': '\\',
      big: 18_446_744_073_709_551_615n,
      pi: Math.PI,
      large: 1e300,
    })
  })

  it('do not make a text readable that is not JSON', () => {
    for (const number of [
      '018446744073709551615',
      '18446744073709551615n',
      '+18446744073709551615',
      '1844674407370955161-5',
      '"',
    ]) {
      expect(() => eventFromJson(`{"id":"x","err":18446744073709551615,"later":${number}}`)).toThrow(
        EventSyntaxError,
      )
    }
  })
})

describe('what JSON can do to an object', () => {
  it('is not done: a key named __proto__ is a key', () => {
    for (const extra of ['', ',"big":18446744073709551615']) {
      const event = eventFromJson(
        `{"id":"x","__proto__":{"lock_id":"polluted"},"actions":[{"payload_map":{"__proto__":{"polluted":true}${extra}}}]}`,
      )
      expect(event.lockId).toBe('')
      const map = event.actions[0]!.payloadMap!
      expect(Object.getPrototypeOf(map)).toBe(Object.prototype)
      expect(Object.keys(map)[0]).toBe('__proto__')
      expect('polluted' in map).toBe(false)
      expect('polluted' in {}).toBe(false)
      expect(event.toJson()).toContain(`{"__proto__":{"polluted":true}${extra}}`)
    }
  })

  it('may nest deeply without exhausting anything', () => {
    const deep = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`
    const event = eventFromJson(
      `{"id":"x","actions":[{"payload_map":{"deep":${deep},"big":18446744073709551615}}]}`,
    )
    expect(event.toJson()).toContain('"[Too deep]"')
  })
})

describe('what is no event', () => {
  it.each([
    ['', '', 'a JSON object', 'an empty text'],
    [' \n', '', 'a JSON object', 'an empty text'],
    ['null', '', 'an object', 'null'],
    ['[]', '', 'an object', 'an array'],
    ['"x"', '', 'an object', '"x"'],
    ['{}', 'id', 'a string that is not empty', 'nothing'],
    ['{"id":null}', 'id', 'a string that is not empty', 'null'],
    ['{"id":""}', 'id', 'a string that is not empty', '""'],
    ['{"id":5}', 'id', 'a string that is not empty', 'the number 5'],
    ['{"id":"x","root_id":true}', 'root_id', 'a string', 'the boolean true'],
    ['{"id":"x","parent_id":{}}', 'parent_id', 'a string', 'an object'],
    ['{"id":"x","lock_id":1}', 'lock_id', 'a string', 'the number 1'],
    ['{"id":"x","owner_id":[]}', 'owner_id', 'a string', 'an array'],
    ['{"id":"x","storage_name":1}', 'storage_name', 'a string', 'the number 1'],
    ['{"id":"x","watch_dog_id":1}', 'watch_dog_id', 'a string', 'the number 1'],
    ['{"id":"x","start_time":1795340087}', 'start_time', 'an RFC 3339 time or null', 'the number 1795340087'],
    ['{"id":"x","end_time":"yesterday"}', 'end_time', 'an RFC 3339 time or null', '"yesterday"'],
    ['{"id":"x","event_type":"2"}', 'event_type', 'an integer', '"2"'],
    ['{"id":"x","event_type":1.5}', 'event_type', 'an integer', 'the number 1.5'],
    ['{"id":"x","actions":{}}', 'actions', 'an array or null', 'an object'],
    ['{"id":"x","actions":[{},null]}', 'actions[1]', 'an object', 'null'],
    ['{"id":"x","actions":[{"name":5}]}', 'actions[0].name', 'a string', 'the number 5'],
    ['{"id":"x","actions":[{},{"end_time":"x"}]}', 'actions[1].end_time', 'an RFC 3339 time or null', '"x"'],
    ['{"id":"x","actions":[{"payload_map":[]}]}', 'actions[0].payload_map', 'an object or null', 'an array'],
    ['{"id":"x","lock_information":7}', 'lock_information', 'an object', 'the number 7'],
    ['{"id":"x","lock_information":{"version":"7"}}', 'lock_information.version', 'an integer', '"7"'],
  ])('%j says where, what was expected and what was found', (text, path, expected, found) => {
    const error = errorOf(() => eventFromJson(text))
    expect(error).toMatchObject({ name: 'EventSyntaxError', path, expected, found })
    expect(error.message).toBe(`${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}`)
  })

  it('says what is wrong with a text that is not JSON, and keeps the cause', () => {
    const error = errorOf(() => eventFromJson('{"id":"x"'))
    expect(error.message).toMatch(/^expected a JSON object, found text that is not JSON \(.+\)$/)
    expect(error.cause).toBeInstanceOf(SyntaxError)
    expect(error).toBeInstanceOf(SyntaxError)
  })

  it('cuts short what was found', () => {
    expect(
      errorOf(() => eventFromJson(`{"id":"x","start_time":"${'9'.repeat(10_000)}"}`)).message.length,
    ).toBeLessThan(150)
  })

  it('may come from callers without types', () => {
    for (const value of [undefined, 5, Symbol('x'), () => {}, new Map()]) {
      expect(() => eventFromObject(value)).toThrow(EventSyntaxError)
    }
    for (const value of [undefined, null, 5, {}]) {
      expect(() => eventFromJson(value as never)).toThrow(EventSyntaxError)
    }
  })
})

function errorOf(act: () => unknown): EventSyntaxError {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(EventSyntaxError)
    return error as EventSyntaxError
  }
  throw new Error('it did not throw')
}
