import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newEventId, spanIdOf, traceIdOf } from '../../src/index.js'
import { hash64, hash128 } from '../../src/otel/span-ids.js'

describe('ids of traces and spans', () => {
  it('are the hex digits at the end of an event id', () => {
    const id = 'storage-lock-event-5ec50fda86ea4a9aafac89df61f8e2a1'
    expect(traceIdOf(id)).toBe('5ec50fda86ea4a9aafac89df61f8e2a1')
    expect(spanIdOf(id)).toBe('afac89df61f8e2a1')
  })

  it('are in lower case, whatever the event id is in', () => {
    expect(traceIdOf('5EC50FDA86EA4A9AAFAC89DF61F8E2A1')).toBe('5ec50fda86ea4a9aafac89df61f8e2a1')
    expect(spanIdOf('x-AFAC89DF61F8E2A1')).toBe('afac89df61f8e2a1')
  })

  it('are the digits of a UUID with dashes', () => {
    expect(traceIdOf('job/5ec50fda-86ea-4a9a-afac-89df61f8e2a1')).toBe('5ec50fda86ea4a9aafac89df61f8e2a1')
    expect(spanIdOf('job/5EC50FDA-86ea-4a9a-afac-89df61f8e2a1')).toBe('afac89df61f8e2a1')
  })

  it.each(['', 'order', '42', 'storage-lock-event-', '0'.repeat(32), 'x'.repeat(10_000), '\u0000', '🔒'])(
    'are a hash of anything else (%#)',
    (id) => {
      expect(traceIdOf(id)).toMatch(/^[0-9a-f]{32}$/)
      expect(traceIdOf(id)).toBe(traceIdOf(id))
      expect(traceIdOf(id)).not.toBe('0'.repeat(32))
      expect(spanIdOf(id)).not.toBe('0'.repeat(16))
    },
  )

  it('stay the same from version to version', () => {
    expect(traceIdOf('order-42')).toBe('7d1dde6b3139eb43472594603b53fbb3')
    expect(spanIdOf('order-42')).toBe('472594603b53fbb3')
  })

  it('are never zero nor malformed', () => {
    const almost = fc
      .tuple(
        fc.string({ maxLength: 5 }),
        fc.string({ unit: fc.constantFrom('0', '1', 'f', 'A', 'g', '-'), maxLength: 36 }),
      )
      .map(([head, tail]) => head + tail)
    fc.assert(
      fc.property(fc.oneof(almost, fc.string({ unit: 'binary' })), (id) => {
        expect(traceIdOf(id)).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
        expect(spanIdOf(id)).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
        expect(hash64(id)).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('differ for ids that differ in little', () => {
    const ids = new Set<string>()
    const spans = new Set<string>()
    for (let i = 0; i < 50_000; i++) {
      for (const id of [`order-${i}`, `${i}#hold`]) {
        ids.add(hash128(id))
        spans.add(hash64(id))
      }
    }
    expect(ids.size).toBe(100_000)
    expect(spans.size).toBe(100_000)
    // One in sixteen begins with a 0, as with any other digit.
    const zeros = [...spans].filter((id) => id.startsWith('0')).length
    expect(zeros).toBeGreaterThan(5_500)
    expect(zeros).toBeLessThan(7_000)
  })

  it('of events made here are their own digits', () => {
    const id = newEventId()
    expect(id.endsWith(traceIdOf(id))).toBe(true)
  })
})
