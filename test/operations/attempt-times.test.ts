import type { HrTime } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { AttemptTimes, MAX_ATTEMPT_TIMES } from '../../src/operations/attempt-times.js'

const at = (index: number): HrTime => [1_000 + Math.floor(index / 1000), (index % 1000) * 1_000_000]

describe('AttemptTimes', () => {
  test('remembers all of a few, oldest first whatever the order they came in', () => {
    const times = new AttemptTimes()
    for (const index of [3, 1, 2, 0]) times.add(at(index))
    expect(times.sorted()).toEqual([at(0), at(1), at(2), at(3)])
  })

  test('chooses evenly among many', () => {
    const times = new AttemptTimes()
    const count = 100_000
    for (let index = 0; index < count; index++) times.add(at(index))
    const kept = times.sorted().map(([seconds, nanoseconds]) => (seconds - 1000) * 1000 + nanoseconds / 1e6)
    expect(kept.length).toBeLessThanOrEqual(MAX_ATTEMPT_TIMES)
    expect(kept.length).toBeGreaterThan(MAX_ATTEMPT_TIMES / 2 - 1)
    const gaps = kept.slice(1).map((time, index) => time - (kept[index] as number))
    expect(new Set(gaps).size).toBe(1)
    expect(count - (kept.at(-1) as number)).toBeLessThanOrEqual(gaps[0] as number)
  })
})
