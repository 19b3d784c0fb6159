import { describe, expect, it } from 'vitest'
import { steadyClock } from '../../src/otel/steady-clock.js'
import { StreamClock } from '../../src/otel/stream-clock.js'
import { ManualClock } from '../support/telemetry.js'

describe('the clock of a stream', () => {
  it('knows no time before it heard of one', () => {
    expect(new StreamClock(() => 0).now()).toBeUndefined()
  })

  it('tells the latest moment it heard of, and what passed since', () => {
    const clock = new ManualClock()
    const stream = new StreamClock(() => clock.now())
    stream.hear([1_700_000_000, 999_000_000])
    clock.advance(2.5)
    expect(stream.now()).toEqual([1_700_000_001, 1_500_000])
    clock.advance(61_000)
    stream.hear([1_700_000_030, 0])
    // An earlier moment than it is by now is still later than what was heard.
    expect(stream.now()).toEqual([1_700_000_030, 0])
    stream.hear([1_700_000_010, 0])
    expect(stream.now()).toEqual([1_700_000_030, 0])
  })

  it('does not hear what is no moment', () => {
    const stream = new StreamClock(() => 0)
    stream.hear(undefined)
    stream.hear([-62_135_596_800, 0])
    stream.hear([Number.NaN, 0])
    stream.hear([1, 5e9])
    expect(stream.now()).toBeUndefined()
  })
})

describe('a steady clock', () => {
  it('neither throws, nor goes back, nor is no number', () => {
    const readings: (number | Error)[] = [
      5,
      7,
      new Error('broken'),
      3,
      Number.NaN,
      9,
      Number.POSITIVE_INFINITY,
    ]
    const clock = steadyClock({
      now: () => {
        const reading = readings.shift()
        if (typeof reading === 'number') return reading
        throw reading ?? new Error('no more')
      },
    })
    expect(Array.from({ length: 6 }, () => clock.now())).toEqual([5, 7, 7, 7, 7, 9])
    expect(clock.now()).toBe(9)
    expect(clock.now()).toBe(9)
  })
})
