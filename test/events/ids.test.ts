import { describe, expect, it, vi } from 'vitest'
import { EVENT_ID_PREFIX, newEventId } from '../../src/events/index.js'

describe('newEventId', () => {
  it('is the prefix and the digits of a version 4 UUID', () => {
    expect(EVENT_ID_PREFIX).toBe('storage-lock-event-')
    for (let count = 0; count < 1000; count++) {
      expect(newEventId()).toMatch(/^storage-lock-event-[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    }
  })

  it('is new each time, also past the end of the pool', () => {
    const ids = new Set(Array.from({ length: 20_000 }, newEventId))
    expect(ids.size).toBe(20_000)
  })

  it('uses every random digit: each place takes each value', () => {
    const seen = Array.from({ length: 32 }, () => new Set<string>())
    for (let count = 0; count < 5_000; count++) {
      const digits = newEventId().slice(EVENT_ID_PREFIX.length)
      for (let place = 0; place < 32; place++) seen[place]!.add(digits[place]!)
    }
    expect(seen.map((values) => values.size)).toEqual(
      seen.map((_, place) => (place === 12 ? 1 : place === 16 ? 4 : 16)),
    )
  })

  it('asks for random bytes of many ids at once', () => {
    const getRandomValues = vi.spyOn(globalThis.crypto, 'getRandomValues')
    for (let count = 0; count < 1024; count++) newEventId()
    expect(getRandomValues.mock.calls.length).toBeLessThanOrEqual(4)
    getRandomValues.mockRestore()
  })
})
