import { expect, test } from 'vitest'
import { ticksOf } from '../../web/lanes/ticks.js'

/** 2026-11-22 09:34:47 UTC. */
const BASE = [1_795_340_087, 0] as const
const labels = (length: number, count = 6): string[] =>
  ticksOf(BASE, [0, length], count).map(({ label }) => label)

test.each([
  ['seconds', 8e9, /^09:34:\d\d$/],
  ['minutes', 1800e9, /^\d\d:\d\d$/],
  ['hours', 20_000e9, /^1\d:\d\d$/],
  ['milliseconds', 20e6, /^34:47\.\d{3}$/],
  ['microseconds', 20e3, /^34:47\.\d{6}$/],
])('of %s are labelled as finely as they stand', (_, length, label) => {
  const found = labels(length)
  expect(found.length).toBeGreaterThan(2)
  for (const each of found) expect(each).toMatch(label)
  expect(new Set(found).size).toBe(found.length)
})

test('of days tell one day from another', () => {
  expect(labels(5 * 86_400e9)).toEqual(['11-23', '11-24', '11-25', '11-26', '11-27'])
  expect(labels(1.5 * 86_400e9)).toContain('11-23')
})
