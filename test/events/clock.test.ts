import type { HrTime } from '@opentelemetry/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ClockSources,
  compareHrTime,
  createClock,
  hrTimeToNanoseconds,
  now,
  secondsBetween,
} from '../../src/events/index.js'

/** A machine with two clocks, in ms; the wall clock tells whole ones. */
class Machine implements ClockSources {
  time = 1_795_340_087_141.37
  uptime = 5_000.25
  monotonic = (): number => this.uptime
  wall = (): number => Math.floor(this.time)

  pass(milliseconds: number): void {
    this.time += milliseconds
    this.uptime += milliseconds
  }

  sleep(milliseconds: number): void {
    this.time += milliseconds
  }
}

/** How far, in ms, a reading is from the machine's time. */
function distance(reading: HrTime, machine: Machine): number {
  return Number(hrTimeToNanoseconds(reading) - BigInt(Math.round(machine.time * 1e6))) / 1e6
}

describe('a clock', () => {
  it('begins within half a millisecond of a wall clock that tells whole ones', () => {
    const machine = new Machine()
    expect(Math.abs(distance(createClock(machine)(), machine))).toBeLessThanOrEqual(0.5)
  })

  it('begins at the finer time where the machine has one that the wall clock bears out', () => {
    const machine = new Machine()
    const origin = machine.time - machine.uptime
    const { monotonic, wall } = machine
    const fine = createClock({ monotonic, wall, origin })
    expect(Math.abs(distance(fine(), machine))).toBeLessThan(0.001)
    const misled = createClock({ monotonic, wall, origin: origin - 5_000 })
    expect(Math.abs(distance(misled(), machine))).toBeLessThanOrEqual(0.5)
  })

  it('tells nanoseconds apart', () => {
    const machine = new Machine()
    machine.uptime = 0
    const read = createClock(machine)
    const before = read()
    machine.pass(0.000_001)
    const after = read()
    expect(hrTimeToNanoseconds(after) - hrTimeToNanoseconds(before)).toBe(1n)
  })

  it('keeps to the monotonic clock while the wall clock is within a millisecond: durations are exact', () => {
    const machine = new Machine()
    const read = createClock(machine)
    const first = read()
    for (let step = 1; step <= 1000; step++) {
      machine.pass(0.75)
      expect(secondsBetween(first, read())).toBeCloseTo(step * 0.000_75, 8)
    }
  })

  it('does not drift over days when the two clocks of the machine do', () => {
    const machine = new Machine()
    const read = createClock(machine)
    for (let minute = 0; minute < 7 * 24 * 60; minute++) {
      machine.pass(60_000)
      machine.time += 0.3
      expect(Math.abs(distance(read(), machine))).toBeLessThan(3)
    }
    for (let minute = 0; minute < 7 * 24 * 60; minute++) {
      machine.pass(60_000)
      machine.time -= 0.3
      expect(Math.abs(distance(read(), machine))).toBeLessThan(3)
    }
  })

  it('is right after the machine slept', () => {
    const machine = new Machine()
    const read = createClock(machine)
    read()
    machine.sleep(8 * 3_600_000)
    machine.pass(1)
    expect(Math.abs(distance(read(), machine))).toBeLessThanOrEqual(0.5)
  })

  it('waits for a wall clock that was set back, at nine tenths of its speed', () => {
    const machine = new Machine()
    const read = createClock(machine)
    read()
    machine.sleep(-1_000)
    machine.pass(1)
    let before = read()
    for (let step = 0; step < 90; step++) {
      machine.pass(100)
      const reading = read()
      expect(secondsBetween(before, reading)).toBeCloseTo(0.09, 6)
      before = reading
    }
    for (let step = 0; step < 20; step++) {
      machine.pass(100)
      read()
    }
    expect(Math.abs(distance(read(), machine))).toBeLessThanOrEqual(1)
    const level = read()
    machine.pass(100)
    expect(secondsBetween(level, read())).toBeCloseTo(0.1, 6)
  })

  it('is not misled when the process is interrupted between the two readings', () => {
    const machine = new Machine()
    let interrupt = 0
    const read = createClock({
      monotonic: machine.monotonic,
      wall: () => {
        machine.pass(interrupt)
        return machine.wall()
      },
    })
    const first = read()
    machine.pass(5)
    interrupt = 40
    const second = read()
    interrupt = 0
    expect(secondsBetween(first, second)).toBeCloseTo(0.005, 8)
    machine.pass(5)
    expect(secondsBetween(first, read())).toBeCloseTo(0.05, 8)
  })

  it('goes on from where it was when another monotonic clock takes the place of the first', () => {
    const machine = new Machine()
    const read = createClock(machine)
    const before = read()
    machine.pass(250)
    machine.uptime = 0
    expect(Math.abs(distance(read(), machine))).toBeLessThanOrEqual(0.5)
    machine.pass(250)
    expect(secondsBetween(before, read())).toBeCloseTo(0.5, 2)
  })

  it('never runs backwards, whatever the clocks of the machine do', () => {
    const step = fc.record({
      pass: fc.oneof(
        fc.constant(0),
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.integer({ min: 0, max: 100_000 }),
      ),
      jump: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -100_000, max: 100_000 })),
      monotonicJump: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: -100, max: 0 })),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 100 }), (steps) => {
        const machine = new Machine()
        const read = createClock(machine)
        let before = read()
        for (const { pass, jump, monotonicJump } of steps) {
          machine.pass(pass)
          machine.sleep(jump)
          machine.uptime += monotonicJump
          const reading = read()
          expect(compareHrTime(reading, before)).toBeGreaterThanOrEqual(0)
          expect(Number.isInteger(reading[0]) && Number.isInteger(reading[1])).toBe(true)
          expect(reading[1] >= 0 && reading[1] < 1e9).toBe(true)
          before = reading
        }
      }),
    )
  })
})

describe('now', () => {
  it('is near the wall clock', () => {
    const wall = Date.now()
    const [seconds, nanoseconds] = now()
    expect(Math.abs(seconds * 1000 + nanoseconds / 1e6 - wall)).toBeLessThan(1000)
  })

  it('does not go back, and has more than milliseconds', () => {
    const readings = Array.from({ length: 10_000 }, () => now())
    for (let index = 1; index < readings.length; index++) {
      expect(compareHrTime(readings[index]!, readings[index - 1]!)).toBeGreaterThanOrEqual(0)
    }
    expect(new Set(readings.map(([, nanoseconds]) => nanoseconds % 1_000_000)).size).toBeGreaterThan(100)
  })
})
