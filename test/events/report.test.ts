import { diag } from '@opentelemetry/api'
import { afterEach, expect, it, vi } from 'vitest'
import { createReporter } from '../../src/events/report.js'
import { onDiagError } from '../support/diag.js'

afterEach(() => diag.disable())

it('reports at most once in ten seconds, and then how many were left out', () => {
  const messages: string[] = []
  onDiagError((message) => void messages.push(message))
  let time = 1_000_000
  const report = createReporter('it failed', () => time)
  report(new Error('1'))
  time += 9_999
  report(new Error('2'))
  report(new Error('3'))
  expect(messages).toEqual(['it failed'])
  time += 1
  report(new Error('4'))
  time += 10_000
  report(new Error('5'))
  expect(messages).toEqual(['it failed', 'it failed (and 2 more since the last report)', 'it failed'])
})

it('does not fall silent when the clock is set back', () => {
  const error = vi.fn<() => void>()
  onDiagError(error)
  let time = 1_000_000
  const report = createReporter('it failed', () => time)
  report(new Error('1'))
  time = 0
  error.mockClear()
  report(new Error('2'))
  expect(error).toHaveBeenCalledTimes(1)
})

it('is silent where nobody has given diag a logger', () => {
  const report = createReporter('it failed')
  expect(() => report(new Error('1'))).not.toThrow()
})
