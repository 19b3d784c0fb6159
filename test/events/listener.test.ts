import { ROOT_CONTEXT } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { Event, ListenerWrapper } from '../../src/events/index.js'

describe('ListenerWrapper', () => {
  it('makes a listener of a function', () => {
    const calls: unknown[][] = []
    const listener = new ListenerWrapper('counter', (...call) => void calls.push(call))
    const event = new Event('l')
    expect(listener.name).toBe('counter')
    expect(listener.on(ROOT_CONTEXT, event)).toBeUndefined()
    expect(calls).toEqual([[ROOT_CONTEXT, event]])
  })

  it('gives back the promise of an asynchronous function', async () => {
    const listener = new ListenerWrapper('later', async () => {
      throw new Error('late')
    })
    await expect(listener.on(undefined, new Event('l'))).rejects.toThrow('late')
  })

  it('refuses anything but a function', () => {
    expect(() => new ListenerWrapper('x', 'no' as never)).toThrow(
      new TypeError('ListenerWrapper: listenerFunction must be a function'),
    )
  })
})
