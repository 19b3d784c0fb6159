import { describe, expect, it } from 'vitest'
import { LockNames } from '../../src/otel/lock-name.js'
import type { LockNameHook } from '../../src/otel/options.js'
import { Reporter } from '../../src/otel/reporter.js'

function names(
  hook: LockNameHook | false | undefined,
  bound = 100,
): { names: LockNames; seen: Record<string, number> } {
  const seen = { reports: 0, drops: 0 }
  const reporter = new Reporter(
    () => 0,
    () => (seen.reports += 1),
  )
  return { names: new LockNames(hook, bound, reporter, () => (seen.drops += 1)), seen }
}

describe('the names of locks on metrics', () => {
  it('are templates of the ids by default', () => {
    expect(names(undefined).names.nameOf('order-42')).toBe('order-*')
  })

  it('are left out where they are turned off', () => {
    expect(names(false).names.nameOf('order-42')).toBeUndefined()
  })

  it('are the hook’s answer, which may be none', () => {
    const { names: given } = names((id) => (id.startsWith('order') ? 'orders' : undefined))
    expect(given.nameOf('order-42')).toBe('orders')
    expect(given.nameOf('user-42')).toBeUndefined()
    expect(names(() => 'x'.repeat(1000)).names.nameOf('a')).toHaveLength(128)
  })

  it('are templates after all where the hook throws or answers with something else', () => {
    const thrower = names(() => {
      throw new Error('no')
    })
    expect(thrower.names.nameOf('order-42')).toBe('order-*')
    expect(thrower.seen['reports']).toBe(1)
    const wrong = names((() => 42) as unknown as LockNameHook)
    expect(wrong.names.nameOf('order-42')).toBe('order-*')
    expect(wrong.seen['reports']).toBe(1)
  })

  it('are as many as the bound allows; the others share one, and are counted', () => {
    const { names: bounded, seen } = names((id) => id, 3)
    expect(['a', 'b', 'c', 'd', 'e', 'a', 'c'].map((id) => bounded.nameOf(id))).toEqual([
      'a',
      'b',
      'c',
      '_OTHER',
      '_OTHER',
      'a',
      'c',
    ])
    expect(seen['drops']).toBe(2)
  })

  it('ask the hook once for an id that comes again', () => {
    let asked = 0
    const { names: counted } = names((id) => {
      asked += 1
      return id
    })
    for (let i = 0; i < 10; i++) counted.nameOf('a')
    expect(asked).toBe(1)
  })

  it('are right for more ids than are kept in mind', () => {
    const { names: many } = names(undefined)
    for (let i = 0; i < 20_000; i++) expect(many.nameOf(`order-${i}`)).toBe('order-*')
  })
})
