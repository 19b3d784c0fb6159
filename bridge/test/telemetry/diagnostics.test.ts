import { type DiagLogger, DiagLogLevel } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { countRefusals } from '../../src/telemetry/diagnostics.js'

function setup(level: DiagLogLevel): {
  logger: DiagLogger
  told: string[]
  refused: number[]
  points: number[]
} {
  const told: string[] = []
  const refused: number[] = []
  const points: number[] = []
  const tell = (name: string) => (message: string) => told.push(`${name} ${message}`)
  const inner = {
    error: tell('error'),
    warn: tell('warn'),
    info: tell('info'),
    debug: tell('debug'),
    verbose: tell('verbose'),
  }
  const counts = {
    spans: (count: number) => void refused.push(count),
    points: (count: number) => void points.push(count),
  }
  return { logger: countRefusals(inner, level, counts), told, refused, points }
}

const all = (logger: DiagLogger): void => {
  for (const name of ['error', 'warn', 'info', 'debug', 'verbose'] as const) logger[name]('x')
}

describe('the logger of diag', () => {
  it('passes on what is asked for', () => {
    const some = setup(DiagLogLevel.WARN)
    all(some.logger)
    expect(some.told).toEqual(['error x', 'warn x'])
    const none = setup(DiagLogLevel.NONE)
    all(none.logger)
    expect(none.told).toEqual([])
    const every = setup(DiagLogLevel.ALL)
    all(every.logger)
    expect(every.told).toHaveLength(5)
  })

  it('counts spans that were refused, also when nothing is asked for', () => {
    const { logger, told, refused, points } = setup(DiagLogLevel.NONE)
    logger.warn('Received Partial Success response:', '{"rejectedSpans":3,"errorMessage":"too old"}')
    logger.warn('Received Partial Success response:', '{"rejectedSpans":"4"}')
    logger.warn('Received Partial Success response:', '{"rejectedDataPoints":5}')
    logger.warn('Received Partial Success response:', 'no JSON')
    logger.warn('something else', '{"rejectedSpans":6}')
    expect(refused).toEqual([3, 4])
    expect(points).toEqual([5])
    expect(told).toEqual([])
  })
})
