import { describe, expect, it } from 'vitest'
import { DueQueue } from '../../src/trees/due-queue.js'

describe('DueQueue on a clock that stands still', () => {
  it('lets go of items that are no longer in line', () => {
    const alive = new Set<number>()
    const queue = new DueQueue<number>(1000, (item) => (alive.has(item) ? 0 : undefined))
    for (let item = 0; item < 100_000; item++) {
      alive.add(item)
      alive.delete(item - 10)
      queue.push(item, 0)
    }
    expect(queue.size).toBeLessThanOrEqual(2048)
    expect(queue.takeOldest()).toBe(99_990)
  })

  it('keeps every item that is in line, once and in order, however many there are', () => {
    const queue = new DueQueue<number>(1000, () => 0)
    for (let round = 0; round < 3; round++) {
      for (let item = 0; item < 5000; item++) queue.push(item, 0)
    }
    expect(queue.size).toBeLessThan(15_000)
    const taken = new Set<number>()
    for (let item = queue.takeDue(1000); item !== undefined; item = queue.takeDue(1000)) taken.add(item)
    expect([...taken]).toEqual(Array.from({ length: 5000 }, (_, item) => item))
  })
})
