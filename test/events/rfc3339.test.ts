import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatRfc3339, parseRfc3339 } from '../../src/events/index.js'
import { hrTimes } from './arbitraries.js'

describe('parseRfc3339', () => {
  it.each([
    ['2026-11-22T09:34:47.141370937Z', [1_795_340_087, 141_370_937]],
    ['2026-11-22T09:34:47Z', [1_795_340_087, 0]],
    ['2026-11-22T09:34:47.1Z', [1_795_340_087, 100_000_000]],
    ['2026-11-22T09:34:47.000000001Z', [1_795_340_087, 1]],
    ['2026-11-22T09:34:47.1234567899999Z', [1_795_340_087, 123_456_789]],
    ['2026-11-22T17:34:47.141370937+08:00', [1_795_340_087, 141_370_937]],
    ['2026-11-22T04:04:47.5-05:30', [1_795_340_087, 500_000_000]],
    ['2026-11-22T09:34:47-00:00', [1_795_340_087, 0]],
    ['1970-01-01T00:00:00Z', [0, 0]],
    ['1969-12-31T23:59:59.999999999Z', [-1, 999_999_999]],
    ['0001-01-01T00:00:00Z', [-62_135_596_800, 0]],
    ['0000-01-01T00:00:00Z', [-62_167_219_200, 0]],
    ['9999-12-31T23:59:59Z', [253_402_300_799, 0]],
    ['2024-02-29T00:00:00Z', [1_709_164_800, 0]],
    ['2000-02-29T00:00:00Z', [951_782_400, 0]],
  ])('reads %s', (text, time) => {
    expect(parseRfc3339(text)).toEqual(time)
  })

  it.each([
    '',
    'now',
    '2026-11-22',
    '2026-11-22T09:34:47',
    '2026-11-22 09:34:47Z',
    '2026-11-22t09:34:47Z',
    '2026-11-22T09:34:47z',
    '2026-11-22T09:34:47.Z',
    '2026-11-22T09:34:47,5Z',
    '2026-11-22T09:34:47.5',
    '2026-11-22T09:34:47ZZ',
    '2026-11-22T09:34:47Z ',
    ' 2026-11-22T09:34:47Z',
    '2026-11-22T09:34:47+0800',
    '2026-11-22T09:34:47+08',
    '2026-11-22T09:34:47+24:00',
    '2026-11-22T09:34:47+08:60',
    '2026-11-22T09:34:47*08:00',
    '2026-11-22T09:34:47+08-00',
    '2026-11-22T09:34:60Z',
    '2026-11-22T09:60:00Z',
    '2026-11-22T24:00:00Z',
    '2026-13-22T09:34:47Z',
    '2026-00-22T09:34:47Z',
    '2026-11-00T09:34:47Z',
    '2026-11-31T09:34:47Z',
    '2026-02-29T09:34:47Z',
    '1900-02-29T09:34:47Z',
    '2026/11/22T09:34:47Z',
    '2026-11-22T09-34-47Z',
    '202x-11-22T09:34:47Z',
    '-026-11-22T09:34:47Z',
    '2026-1x-22T09:34:47Z',
    '2026-11-2xT09:34:47Z',
    '2026-11-22T0x:34:47Z',
    '２026-11-22T09:34:47Z',
    '20261-11-22T09:34:47Z',
  ])('refuses %j', (text) => {
    // The cached date must not make good what is broken.
    parseRfc3339('2026-11-22T09:34:47Z')
    expect(parseRfc3339(text)).toBeUndefined()
  })

  it('agrees with Date, to the millisecond', () => {
    const dates = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(dates, (date) => {
        const [seconds, nanoseconds] = parseRfc3339(date.toISOString())!
        expect(seconds * 1000 + nanoseconds / 1e6).toBe(date.getTime())
      }),
    )
  })

  it('keeps the instant whatever the zone', () => {
    const minutes = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e9 }),
        fc.nat(999_999_999),
        minutes,
        (seconds, nanoseconds, zone) => {
          const local = formatRfc3339([seconds + zone * 60, nanoseconds]).slice(0, -1)
          const size = Math.abs(zone)
          const two = (value: number) => String(value).padStart(2, '0')
          const offset = `${zone < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
          expect(parseRfc3339(local + offset)).toEqual([seconds, nanoseconds])
        },
      ),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('0', '1', '2', '9', '-', 'T', ':', '.', 'Z', '+', ' '),
          maxLength: 40,
        }),
        (text) => {
          parseRfc3339(text)
        },
      ),
    )
  })
})

describe('formatRfc3339', () => {
  it.each([
    [[1_795_340_087, 141_370_937], '2026-11-22T09:34:47.141370937Z'],
    [[1_795_340_087, 0], '2026-11-22T09:34:47Z'],
    [[1_795_340_087, 100_000_000], '2026-11-22T09:34:47.1Z'],
    [[1_795_340_087, 1_200], '2026-11-22T09:34:47.0000012Z'],
    [[-62_135_596_800, 0], '0001-01-01T00:00:00Z'],
    [[-1, 999_999_999], '1969-12-31T23:59:59.999999999Z'],
    [[253_402_300_799, 0], '9999-12-31T23:59:59Z'],
  ] as const)('writes %j as %s', ([seconds, nanoseconds], text) => {
    expect(formatRfc3339([seconds, nanoseconds])).toBe(text)
  })

  it('sets right a pair that is not in order', () => {
    expect(formatRfc3339([10, 1_500_000_000])).toBe('1970-01-01T00:00:11.5Z')
    expect(formatRfc3339([10, -1])).toBe('1970-01-01T00:00:09.999999999Z')
    expect(formatRfc3339([10, 5.7])).toBe('1970-01-01T00:00:10.000000005Z')
    expect(formatRfc3339([10.5, 0])).toBe('1970-01-01T00:00:10.5Z')
  })

  it('is read back as the same time, and written again as the same text', () => {
    fc.assert(
      fc.property(hrTimes(), (time) => {
        const text = formatRfc3339(time)
        expect(parseRfc3339(text)).toEqual(time)
        expect(formatRfc3339(parseRfc3339(text)!)).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    [Number.NaN, 0],
    [0, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
    [253_402_300_800, 0],
    [-62_167_219_201, 0],
  ])('refuses %d seconds and %d nanoseconds', (seconds, nanoseconds) => {
    expect(() => formatRfc3339([seconds, nanoseconds])).toThrow(RangeError)
  })
})
