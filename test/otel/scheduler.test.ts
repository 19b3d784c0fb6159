import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Scheduler } from '../../src/otel/scheduler.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('works once for all the news of a while', async () => {
  const work = vi.fn()
  const scheduler = new Scheduler(work, 5)
  for (let i = 0; i < 10; i++) scheduler.wake()
  await vi.advanceTimersByTimeAsync(4)
  expect(work).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(work).toHaveBeenCalledTimes(1)
  scheduler.wake()
  await vi.advanceTimersByTimeAsync(5)
  expect(work).toHaveBeenCalledTimes(2)
})

it.each([2 ** 40, Number.POSITIVE_INFINITY])('a wait of %d ms is a long one, not none', async (delay) => {
  const work = vi.fn()
  new Scheduler(work, delay).wake()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(work).not.toHaveBeenCalled()
})

it('works right after the turn where news is not to wait, or work is left', async () => {
  const work = vi.fn()
  new Scheduler(work, 0).wake()
  new Scheduler(work, 1000).goOn()
  expect(work).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(0)
  expect(work).toHaveBeenCalledTimes(2)
})

it('works again when something becomes due, the earliest first', async () => {
  const work = vi.fn()
  const scheduler = new Scheduler(work, 0)
  scheduler.wakeIn(1000, 0)
  scheduler.wakeIn(5000, 0)
  scheduler.wakeIn(200, 0)
  await vi.advanceTimersByTimeAsync(199)
  expect(work).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(work).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(work).toHaveBeenCalledTimes(1)
})

it('never is due where there is nothing to wait for, and soon where it is overdue', async () => {
  const work = vi.fn()
  const scheduler = new Scheduler(work, 0)
  scheduler.wakeIn(Number.POSITIVE_INFINITY, 0)
  expect(vi.getTimerCount()).toBe(0)
  scheduler.wakeIn(-500, 0)
  await vi.advanceTimersByTimeAsync(1)
  expect(work).toHaveBeenCalledTimes(1)
  scheduler.wakeIn(1e15, 0)
  expect(vi.getTimerCount()).toBe(1)
})

it('does nothing more once it is stopped', async () => {
  const work = vi.fn()
  const scheduler = new Scheduler(work, 0)
  scheduler.wake()
  scheduler.wakeIn(100, 0)
  scheduler.stop()
  scheduler.wake()
  scheduler.wakeIn(100, 0)
  await vi.advanceTimersByTimeAsync(1000)
  expect(work).not.toHaveBeenCalled()
})

it('does not keep a process alive for what is due later', () => {
  vi.useRealTimers()
  const before = process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length
  const scheduler = new Scheduler(() => undefined, 0)
  scheduler.wakeIn(60_000, 0)
  expect(process.getActiveResourcesInfo().filter((each) => each === 'Timeout')).toHaveLength(before)
  scheduler.stop()
})
