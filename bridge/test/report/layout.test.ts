import { expect, test } from 'vitest'
import type { Lock } from '../../src/report/model/model.js'
import { layOut, MOST_LANES } from '../../web/lanes/layout.js'
import { acquire, hold, modelOf } from './facts.js'

/** Each request is an owner of its own; the later, the longer it waits. */
function manyOwners(count: number): Lock {
  const facts = Array.from({ length: count }, (_, index) => [
    acquire(`request-${index}`, index, index + 10 + index / 100, { busy: 1 }),
    hold(`request-${index}`, index + 10 + index / 100, index + 11 + index / 100),
  ]).flat()
  return modelOf(facts).locks[0] as Lock
}

test('every owner has a lane, with all that it did', () => {
  const { lanes, left } = layOut([manyOwners(3)], 'appearance')
  expect(left).toBe(0)
  expect(lanes.map(({ owner }) => owner.id)).toEqual(['request-0', 'request-1', 'request-2'])
  expect(lanes.map(({ acquires, holds }) => [acquires.all.length, holds.all.length])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ])
})

test('of thousands of owners those have a lane that waited and held longest, and the one that is looked at', () => {
  const lock = manyOwners(20_000)
  const began = performance.now()
  const { lanes, left } = layOut([lock], 'appearance', undefined, lock.acquires[7])
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(lanes).toHaveLength(MOST_LANES)
  expect(left).toBe(20_000 - MOST_LANES)
  expect(lanes[0]?.owner.id).toBe('request-7')
  expect(lanes[1]?.owner.id).toBe(`request-${20_000 - MOST_LANES + 1}`)
  expect(lanes.at(-1)?.owner.id).toBe('request-19999')
})

test('two locks share the lanes there are', () => {
  const { groups, lanes } = layOut([manyOwners(400), manyOwners(300)], 'appearance')
  expect(lanes).toHaveLength(MOST_LANES)
  expect(groups.every((group) => group.lanes.length > 0)).toBe(true)
})
