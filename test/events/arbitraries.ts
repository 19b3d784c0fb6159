import type { HrTime } from '@opentelemetry/api'
import fc from 'fast-check'
import { Action, Event, type EventType, LockInformation } from '../../src/events/index.js'

/** The seconds of 0000-01-01 and of the last second of 9999. */
export const FIRST_SECOND = -62_167_219_200
export const LAST_SECOND = 253_402_300_799

/** Times of the years 0 to 9999, today's and those with few digits more often than chance has it. */
export function hrTimes(): fc.Arbitrary<HrTime> {
  const seconds = fc.oneof(
    fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
    fc.integer({ min: FIRST_SECOND, max: LAST_SECOND }),
    fc.constantFrom(0, -1, FIRST_SECOND, LAST_SECOND, -62_135_596_800, 951_782_400, 4_107_542_400),
  )
  const nanoseconds = fc.oneof(
    fc.integer({ min: 0, max: 999_999_999 }),
    fc.integer({ min: 0, max: 999 }).map((milliseconds) => milliseconds * 1_000_000),
    fc.constantFrom(0, 1, 10, 999_999_999, 100_000_000),
  )
  return fc.tuple(seconds, nanoseconds)
}

/** Any text, with what has to be escaped in it. */
export function texts(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom('<', '>', '&', '"', '\\', '\n', '\u0001', '\u2028', '\u2029', '9', 'é', '👍'),
    }),
  )
}

/** What JSON.parse and the exact reading of big integers can give. */
export function jsonValues(): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(null, true, false),
      texts(),
      fc.integer(),
      fc.double({ noDefaultInfinity: true, noNaN: true }).filter((number) => !isBeyondExact(number)),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(keys(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value
}

/** Payload maps: keys that mean something to JavaScript among them. */
export function payloadMaps(): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(keys(), jsonValues(), { maxKeys: 5, noNullPrototype: true })
}

export function lockInformations(): fc.Arbitrary<LockInformation> {
  return fc
    .tuple(
      texts(),
      texts(),
      fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })),
      fc.integer({ min: -1, max: 1000 }),
      fc.option(hrTimes().filter(isSet), { nil: undefined }),
      fc.option(hrTimes().filter(isSet), { nil: undefined }),
    )
    .map((fields) => new LockInformation(...fields))
}

export function actions(): fc.Arbitrary<Action> {
  return fc
    .record({
      name: texts(),
      startTime: fc.option(hrTimes(), { nil: undefined }),
      endTime: fc.option(hrTimes(), { nil: undefined }),
      err: jsonValues(),
      payloadMap: fc.option(payloadMaps(), { nil: undefined }),
    })
    .map((fields) => Object.assign(new Action(''), fields))
}

export function events(): fc.Arbitrary<Event> {
  return fc
    .record({
      id: texts().filter((id) => id !== ''),
      rootId: texts(),
      parentId: texts(),
      lockId: texts(),
      ownerId: texts(),
      storageName: texts(),
      watchDogId: texts(),
      startTime: fc.option(hrTimes(), { nil: undefined }),
      endTime: fc.option(hrTimes(), { nil: undefined }),
      eventType: fc.constantFrom<EventType>(0, 1, 2, 3, 4),
      actions: fc.array(actions(), { maxLength: 4 }),
      lockInformation: fc.option(lockInformations(), { nil: undefined }),
      err: jsonValues(),
    })
    .map((fields) => Object.assign(new Event(), fields))
}

function keys(): fc.Arbitrary<string> {
  return fc.oneof(texts(), fc.constantFrom('toString', 'constructor', 'lockId', 'version', 'hasOwnProperty'))
}

function isSet(time: HrTime): boolean {
  return time[0] !== -62_135_596_800 || time[1] !== 0
}

/** Doubles that are integers too big to be exact are written like integers, and read as bigints. */
function isBeyondExact(number: number): boolean {
  return Object.is(number, -0) || (Number.isInteger(number) && !Number.isSafeInteger(number))
}
