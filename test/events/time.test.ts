import type { HrTime } from '@opentelemetry/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addHrTime,
  compareHrTime,
  hrTimeToNanoseconds,
  isZeroTime,
  secondsBetween,
  subtractHrTime,
  ZERO_TIME,
} from '../../src/events/index.js'
import { hrTimes } from './arbitraries.js'

describe('compareHrTime', () => {
  it('orders as the instants are ordered', () => {
    fc.assert(
      fc.property(hrTimes(), hrTimes(), (a, b) => {
        const difference = hrTimeToNanoseconds(a) - hrTimeToNanoseconds(b)
        expect(Math.sign(compareHrTime(a, b))).toBe(difference > 0n ? 1 : difference < 0n ? -1 : 0)
      }),
    )
  })
})

describe('addHrTime', () => {
  it('is undone by subtractHrTime, with bigints and numbers', () => {
    fc.assert(
      fc.property(hrTimes(), fc.maxSafeInteger(), (time, nanoseconds) => {
        const later = addHrTime(time, BigInt(nanoseconds))
        expect(subtractHrTime(later, time)).toBe(BigInt(nanoseconds))
        expect(addHrTime(time, nanoseconds)).toEqual(later)
        expect(later[1]).toBeGreaterThanOrEqual(0)
        expect(later[1]).toBeLessThan(1_000_000_000)
      }),
    )
  })

  it('carries and borrows', () => {
    expect(addHrTime([1, 999_999_999], 1)).toEqual([2, 0])
    expect(addHrTime([1, 0], -1)).toEqual([0, 999_999_999])
    expect(addHrTime([1, 0], 0.4)).toEqual([1, 0])
  })
})

describe('hrTimeToNanoseconds', () => {
  it('is exact', () => {
    expect(hrTimeToNanoseconds([1_795_340_087, 141_370_937])).toBe(1_795_340_087_141_370_937n)
    expect(hrTimeToNanoseconds([-1, 999_999_999])).toBe(-1n)
  })
})

describe('secondsBetween', () => {
  it('is rounded once: what divides evenly comes out even', () => {
    const start: HrTime = [1_795_340_087, 999_000_000]
    expect(secondsBetween(start, addHrTime(start, 3_000_000))).toBe(0.003)
    expect(secondsBetween(addHrTime(start, 800), start)).toBe(-0.0000008)
  })
})

describe('the zero time', () => {
  it("is Go's, and cannot be changed", () => {
    expect(ZERO_TIME).toEqual([Date.UTC(1, 0, 1) / 1000 < 0 ? -62_135_596_800 : 0, 0])
    expect(isZeroTime(ZERO_TIME)).toBe(true)
    expect(isZeroTime([0, 0])).toBe(false)
    expect(isZeroTime([ZERO_TIME[0], 1])).toBe(false)
    expect(() => ZERO_TIME.push(1)).toThrow(TypeError)
  })
})
