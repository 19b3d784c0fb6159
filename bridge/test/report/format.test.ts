import { describe, expect, test } from 'vitest'
import {
  clockTime,
  count,
  day,
  decimal,
  duration,
  moment,
  plural,
  share,
  shortId,
  tailId,
  visible,
} from '../../src/report/model/format.js'

describe('formats', () => {
  test.each([
    [0, '0 ns'],
    [812, '812 ns'],
    [999.6, '1 µs'],
    [12_345, '12.3 µs'],
    [999_960, '1 ms'],
    [4_560_000, '4.56 ms'],
    [1e9, '1 s'],
    [59.4e9, '59.4 s'],
    [59.96e9, '1 min'],
    [200e9, '3 min 20 s'],
    [7500e9, '2 h 5 min'],
    [7199e9, '2 h'],
  ])('%d ns is %s', (nanoseconds, text) => {
    expect(duration(nanoseconds)).toBe(text)
  })

  test('shares, counts and plurals', () => {
    expect([0, 0.0004, 0.034, 0.5, 1].map(share)).toEqual(['0 %', '< 0.1 %', '3.4 %', '50 %', '100 %'])
    expect([0, 999, 1000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567'])
    expect([plural(1, 'acquire'), plural(2, 'acquire')]).toEqual(['1 acquire', '2 acquires'])
    expect([0.25, 2, 12.4].map(decimal)).toEqual(['0.3', '2', '12'])
  })

  test('times of day keep the nanoseconds, across the second', () => {
    expect(clockTime([1_795_340_087, 999_999_999], 1, 9)).toBe('09:34:48.000000000')
    expect(clockTime([1_795_340_087, 142_247_132], 0, 6)).toBe('09:34:47.142247')
    expect(clockTime([1_795_340_087, 0], -1, 9)).toBe('09:34:46.999999999')
    expect(day([1_795_340_087, 0], 0)).toBe('2026-11-22')
  })

  test('a moment of another day says which', () => {
    expect(moment([1_795_340_087, 0], 1e9)).toBe('09:34:48.000')
    expect(moment([1_795_340_087, 0], 86_400e9, 0)).toBe('2026-11-23 09:34:47')
  })

  test.each([
    ['order-42', 'order-42'],
    ['<b>&amp;', '<b>&amp;'],
    ['two words', 'two words'],
    ['заказ 订单 🔒 👩‍💻', 'заказ 订单 🔒 👩‍💻'],
    [' ', '␣'],
    [' a  b ', '␣a ␣b␣'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\u0000\u001b', '\\u0000\\u001b'],
    ['\u202eevil\u202c', '\\u202eevil\\u202c'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['no\u00a0break', 'no\\u00a0break'],
    ['\ud800', '\\ud800'],
  ])('of %j all can be seen', (id, text) => {
    expect(visible(id)).toBe(text)
  })

  test('long ids keep their ends, where they differ', () => {
    expect(shortId('owner-05')).toBe('owner-05')
    expect(shortId(`storage-lock-owner-id-${'0'.repeat(30)}-end`)).toBe('storage-lock-…0000000000-end')
    expect(shortId('a'.repeat(100), 11)).toHaveLength(11)
    expect(shortId('🔒'.repeat(20), 12)).toBe(`${'🔒'.repeat(2)}…${'🔒'.repeat(3)}`)
    expect(tailId('storage-lock-owner-1234567')).toBe('…er-1234567')
  })
})
