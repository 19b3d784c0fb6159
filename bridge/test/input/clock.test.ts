import { describe, expect, it } from 'vitest'
import { type ClockSource, InputClock } from '../../src/input/clock.js'

/** Time that goes by only when it is told to; timers run on time unless the loop is said to be blocked. */
class FakeTime implements ClockSource {
  #now = 1000
  #timers = new Map<object, { ms: number; due: number; tick: () => void }>()

  now(): number {
    return this.#now
  }

  every(ms: number, tick: () => void): () => void {
    const key = {}
    this.#timers.set(key, { ms, due: this.#now + ms, tick })
    return () => this.#timers.delete(key)
  }

  get timers(): number {
    return this.#timers.size
  }

  pass(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now++
      for (const timer of this.#timers.values()) {
        if (timer.due > this.#now) continue
        timer.due = this.#now + timer.ms
        timer.tick()
      }
    }
  }

  /** Time goes by in which nothing can run: a busy loop, a stopped process. */
  block(ms: number): void {
    this.#now += ms
    this.pass(1)
  }
}

/** A wait that ends when it is told to. */
function wait(clock: InputClock): () => Promise<void> {
  let end: () => void = () => undefined
  const input = new Promise<void>((resolve) => {
    end = resolve
  })
  const waiting = clock.waiting(input)
  return async () => {
    end()
    await waiting
  }
}

describe('InputClock', () => {
  it('advances while the reader waits', async () => {
    const time = new FakeTime()
    const clock = new InputClock(time)
    clock.open()
    const end = wait(clock)
    time.pass(250)
    await end()
    expect(clock.now()).toBeGreaterThanOrEqual(225)
    expect(clock.now()).toBeLessThanOrEqual(250)
  })

  it('stands still while the reader is busy', async () => {
    const time = new FakeTime()
    const clock = new InputClock(time)
    clock.open()
    time.pass(10_000)
    expect(clock.now()).toBe(0)
    await wait(clock)()
    time.pass(10_000)
    expect(clock.now()).toBe(0)
    expect(time.timers).toBe(0)
  })

  it('counts waits that are shorter than its steps', async () => {
    const time = new FakeTime()
    const clock = new InputClock(time)
    clock.open()
    for (let line = 0; line < 100; line++) {
      const end = wait(clock)
      time.pass(5)
      await end()
    }
    expect(clock.now()).toBe(500)
  })

  it('stands still unless every reader waits', async () => {
    const time = new FakeTime()
    const clock = new InputClock(time)
    clock.open()
    clock.open()
    const first = wait(clock)
    time.pass(1000)
    expect(clock.now()).toBe(0)
    const second = wait(clock)
    time.pass(100)
    expect(clock.now()).toBe(100)
    await first()
    time.pass(1000)
    expect(clock.now()).toBe(100)
    await second()
  })

  it('does not count the time in which the process was stopped or its loop blocked', async () => {
    const time = new FakeTime()
    const clock = new InputClock(time)
    clock.open()
    const end = wait(clock)
    time.pass(100)
    time.block(60_000)
    expect(clock.now()).toBeLessThanOrEqual(150)
    time.block(60_000)
    await end()
    expect(clock.now()).toBeLessThanOrEqual(200)
  })

  it('keeps pace through a long silence with fewer steps', async () => {
    const time = new FakeTime()
    const clock = new InputClock(time)
    clock.open()
    const end = wait(clock)
    time.pass(600_000)
    expect(clock.now()).toBeGreaterThan(595_000)
    expect(clock.now()).toBeLessThanOrEqual(600_000)
    await end()
  })

  it('skips what nobody has to wait for any more', () => {
    const clock = new InputClock(new FakeTime())
    clock.open()
    clock.skip(250)
    expect(clock.now()).toBe(250)
  })

  it('goes on when a reader has ended while another waits', () => {
    const time = new FakeTime()
    const clock = new InputClock(time)
    clock.open()
    clock.open()
    void wait(clock)
    clock.close()
    time.pass(100)
    expect(clock.now()).toBe(100)
    clock.stop()
    time.pass(100)
    expect(clock.now()).toBe(100)
  })
})
