import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Action,
  Event,
  type EventSyntaxError,
  eventFromJson,
  eventToJson,
  LockInformation,
} from '../../src/events/index.js'
import { events, jsonValues, lockInformations, payloadMaps } from './arbitraries.js'

describe('any event', () => {
  it('is read back as it was, and written again as the same text', () => {
    fc.assert(
      fc.property(events(), (event) => {
        const text = eventToJson(event)
        expect(text).not.toMatch(/[\n<>&\u2028\u2029]/)
        const read = eventFromJson(text)
        expect(read).toEqual(event)
        expect(eventToJson(read)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  it('is JSON that says what JSON.stringify would say, where that can say it', () => {
    const isPlain = (value: unknown) =>
      !JSON.stringify(value, (_key, held: unknown) => (typeof held === 'bigint' ? 'BIG' : held)).includes(
        '"BIG"',
      )
    fc.assert(
      fc.property(payloadMaps().filter(isPlain), (payloadMap) => {
        const text = eventToJson(new Event('l').addAction(new Action('a').setPayloadMap(payloadMap)))
        const json = JSON.parse(text) as { actions: { payload_map: unknown }[] }
        expect(JSON.stringify(json.actions[0]?.payload_map)).toBe(JSON.stringify(payloadMap))
      }),
    )
  })
})

describe('any record', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(lockInformations(), (information) => {
        expect(LockInformation.fromJson(information.toJson())).toEqual(information)
      }),
    )
  })
})

describe('any error that came as JSON', () => {
  it('stays an error, and the same', () => {
    fc.assert(
      fc.property(jsonValues(), (err) => {
        expect(eventFromJson(new Event('l').setErr(err).toJson()).err).toEqual(err)
      }),
    )
  })
})

describe('any value at all', () => {
  it('in a payload or as an error gives one line of JSON that can be read', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withObjectString: true,
      withBoxedValues: true,
      withNullPrototype: true,
      withUnicodeString: true,
    })
    fc.assert(
      fc.property(anything, (value) => {
        const text = new Event('l')
          .setErr(value)
          .addAction(new Action('a').addPayload('value', value))
          .toJson()
        expect(text).not.toContain('\n')
        const event = eventFromJson(text)
        expect(event.err === null).toBe(value === null || value === undefined)
        expect(event.actions[0]?.name).toBe('a')
      }),
      { numRuns: 500 },
    )
  })
})

describe('any text', () => {
  it('is an event or an EventSyntaxError', () => {
    const line = new Event('l').addActionByName('a').toJson()
    const damaged = fc
      .tuple(fc.nat(line.length), fc.nat(5), fc.string({ maxLength: 5 }))
      .map(([at, removed, added]) => line.slice(0, at) + added + line.slice(at + removed))
    const wrong = jsonValues().map((value) =>
      JSON.stringify(value, (_key, held: unknown) => (typeof held === 'bigint' ? Number(held) : held)),
    )
    fc.assert(
      fc.property(fc.oneof(damaged, wrong, fc.string(), fc.json()), (text) => {
        try {
          expect(eventFromJson(text).id).not.toBe('')
        } catch (error) {
          expect((error as EventSyntaxError).name).toBe('EventSyntaxError')
        }
      }),
      { numRuns: 1000 },
    )
  })
})
