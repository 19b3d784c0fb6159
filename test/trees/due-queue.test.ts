import { describe, expect, it } from 'vitest'
import { DueQueue } from '../../src/trees/due-queue.js'

describe('DueQueue', () => {
  const queue = (touched: Record<string, number | undefined>): DueQueue<string> =>
    new DueQueue<string>(100, (item) => touched[item])

  it('gives what was touched a delay ago, oldest first', () => {
    const touched = { a: 0, b: 10 }
    const due = queue(touched)
    due.push('a', 0)
    due.push('b', 10)
    expect(due.nextDue()).toBe(100)
    expect(due.takeDue(99)).toBeUndefined()
    expect(due.takeDue(110)).toBe('a')
    expect(due.takeDue(110)).toBe('b')
    expect(due.takeDue(110)).toBeUndefined()
    expect(due.nextDue()).toBe(Infinity)
    expect(due.size).toBe(0)
  })

  it('lets what was touched since wait its full delay again', () => {
    const touched: Record<string, number> = { a: 0, b: 10 }
    const due = queue(touched)
    due.push('a', 0)
    due.push('b', 10)
    touched['a'] = 90
    expect(due.takeDue(100)).toBeUndefined()
    expect(due.takeDue(150)).toBe('b')
    expect(due.takeDue(189)).toBeUndefined()
    expect(due.takeDue(190)).toBe('a')
  })

  it('drops what is not to be waited for any more', () => {
    const touched: Record<string, number | undefined> = { a: 0, b: 0 }
    const due = queue(touched)
    due.push('a', 0)
    due.push('b', 0)
    touched['a'] = undefined
    expect(due.peek()).toBe('b')
    expect(due.takeOldest()).toBe('b')
    expect(due.takeOldest()).toBeUndefined()
  })

  it('stays as long as what is in it, however much has passed through', () => {
    const touched: Record<string, number | undefined> = {}
    const due = queue(touched)
    for (let i = 0; i < 100_000; i++) {
      touched[`${i}`] = i
      due.push(`${i}`, i)
      touched[`${i - 10}`] = undefined
    }
    expect(due.size).toBeLessThan(3000)
    let taken = 0
    while (due.takeDue(1_000_000) !== undefined) taken += 1
    expect(taken).toBe(10)
  })
})
