import { expect, test } from 'vitest'
import { type Interval, mostAtOnce } from '../../src/report/model/at-once.js'

const of = (intervals: readonly Interval[], cells: number, span: Interval = [0, 100]): number[] => [
  ...mostAtOnce(intervals, span, cells),
]

test('a herd of a moment is as high as it was, however long the time around it', () => {
  const herd = Array.from({ length: 40 }, (_, index): Interval => [50_000 + index / 100, 50_001])
  expect(of(herd, 10, [0, 100_000])).toEqual([0, 0, 0, 0, 0, 40, 0, 0, 0, 0])
})

test('who comes as another leaves did not wait with them', () => {
  expect(
    of(
      [
        [0, 50],
        [50, 99],
      ],
      2,
    ),
  ).toEqual([1, 1])
})

test('each part of the time has the most that were open in it', () => {
  expect(
    of(
      [
        [0, 99],
        [5, 25],
        [21, 45],
        [70, 71],
      ],
      10,
    ),
  ).toEqual([2, 2, 3, 2, 2, 1, 1, 2, 1, 1])
  expect(of([], 3)).toEqual([0, 0, 0])
})

test('counts as a look at every moment would', () => {
  let seed = 7
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return seed % below
  }
  for (let round = 0; round < 200; round++) {
    const intervals = Array.from({ length: random(12) }, (): Interval => {
      const from = random(60)
      return [from, from + 1 + random(39)]
    })
    const expected = Array.from({ length: 10 }, (_, cell) => {
      const moments = Array.from({ length: 10 }, (__, part) => cell * 10 + part)
      return Math.max(...moments.map((at) => intervals.filter(([a, b]) => a <= at && at < b).length))
    })
    const found = of(intervals, 10)
    // One that ends at the edge of two cells may count for both.
    found.forEach((value, cell) => {
      const before = expected[cell - 1] ?? 0
      expect(value).toBeGreaterThanOrEqual(expected[cell] as number)
      expect(value).toBeLessThanOrEqual(Math.max(expected[cell] as number, before))
    })
  }
})
