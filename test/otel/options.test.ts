import { describe, expect, it } from 'vitest'
import { DEFAULT_LISTENER_LIMITS, OtelListener, type OtelListenerOptions } from '../../src/index.js'
import { normalizeOptions } from '../../src/otel/options.js'

describe('the options of OtelListener', () => {
  it('may all be left out, or be undefined', () => {
    const options = normalizeOptions()
    expect(options).toMatchObject({
      detail: 'full',
      trace: 'root-id',
      holdSpan: true,
      settle: 0,
      idleTimeout: 300_000,
      ownerId: 'keep',
      name: 'storage-lock-otel',
      enabled: true,
      limits: DEFAULT_LISTENER_LIMITS,
    })
    expect(Object.isFrozen(options)).toBe(true)
    const given = Object.fromEntries(Object.keys(options).map((key) => [key, undefined]))
    expect(normalizeOptions(given as OtelListenerOptions)).toMatchObject({ detail: 'full', settle: 0 })
    expect(() => new OtelListener(given as OtelListenerOptions)).not.toThrow()
  })

  it.each<[string, unknown, string]>([
    ['options', null, 'options must be an object, got null'],
    ['options', 'full', 'options must be an object, got full'],
    ['detal', { detal: 'full' }, 'detal is not an option; there are tracerProvider, meterProvider, detail'],
    ['detail', { detail: 'tiny' }, "detail must be one of 'full', 'compact', 'operation', got tiny"],
    ['detail', { detail: null }, "detail must be one of 'full', 'compact', 'operation', got null"],
    ['trace', { trace: 1 }, "trace must be one of 'root-id', 'caller', got 1"],
    ['ownerId', { ownerId: true }, "ownerId must be one of 'keep', 'hash', 'drop', got true"],
    ['holdSpan', { holdSpan: 'no' }, 'holdSpan must be true or false, got no'],
    ['enabled', { enabled: 0 }, 'enabled must be true or false, got 0'],
    ['settle', { settle: -1 }, 'settle must be milliseconds of at least 0, got -1'],
    ['settle', { settle: Number.NaN }, 'settle must be milliseconds of at least 0, got NaN'],
    ['settle', { settle: '250' }, 'settle must be milliseconds of at least 0, got 250'],
    ['idleTimeout', { idleTimeout: null }, 'idleTimeout must be milliseconds of at least 0, got null'],
    ['lockName', { lockName: true }, 'lockName must be a function or false'],
    ['payload', { payload: {} }, 'payload must be a function or false'],
    ['attributes', { attributes: false }, 'attributes must be a function'],
    [
      'observer',
      { observer: () => undefined },
      'observer must be an object with methods operation, renewal, holdEnded',
    ],
    ['clock', { clock: {} }, 'clock must have a method now()'],
    ['name', { name: '' }, 'name must be a non-empty string'],
    ['tracerProvider', { tracerProvider: {} }, 'tracerProvider must have a method getTracer()'],
    ['tracerProvider', { tracerProvider: null }, 'tracerProvider must have a method getTracer()'],
    ['meterProvider', { meterProvider: 7 }, 'meterProvider must have a method getMeter()'],
    ['limits', { limits: 5 }, 'limits must be an object'],
    ['limits', { limits: null }, 'limits must be an object'],
    ['limits.trees', { limits: { trees: 5 } }, 'limits.trees is not a limit; there are openTrees'],
    [
      'limits.openTrees',
      { limits: { openTrees: 0 } },
      'limits.openTrees must be a whole number of at least 1, got 0',
    ],
    [
      'limits.holds',
      { limits: { holds: 1.5 } },
      'limits.holds must be a whole number of at least 1, got 1.5',
    ],
    ['limits.holds', { limits: { holds: '9' } }, 'limits.holds must be a whole number of at least 1, got 9'],
  ])('are refused by name: %s as %o', (_, options, message) => {
    const make = (): OtelListener => new OtelListener(options as OtelListenerOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`OtelListener: ${message}`)
  })

  it('take a bound without an end, and leave the others at their defaults', () => {
    const { limits } = normalizeOptions({ limits: { openTrees: 5, holds: Number.POSITIVE_INFINITY } })
    expect(limits).toEqual({ ...DEFAULT_LISTENER_LIMITS, openTrees: 5, holds: Number.POSITIVE_INFINITY })
  })

  it('are read once: changing them later changes nothing', () => {
    const given: { settle: number; limits: { openTrees: number } } = { settle: 5, limits: { openTrees: 7 } }
    const options = normalizeOptions(given)
    given.settle = 9
    given.limits.openTrees = 9
    expect(options.settle).toBe(5)
    expect(options.limits.openTrees).toBe(7)
  })
})
