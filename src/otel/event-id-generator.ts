import { hash128 } from './span-ids.js'

/** The ids the next span is to have; read once, by the generator. */
interface IdSlot {
  traceId: string
  spanId: string
}

const SLOT = Symbol.for('storage-lock-otel.next-ids.1')

/**
 * The slot lives on globalThis, as the API's own registry does, so that the ESM and the CJS copy of this
 * package in one process share it: the listener may come from one and the generator from the other.
 */
function slot(): IdSlot {
  const home = globalThis as unknown as Record<symbol, IdSlot | undefined>
  home[SLOT] ??= { traceId: '', spanId: '' }
  return home[SLOT]
}

const next = slot()

/**
 * Runs `start` so that a provider with an {@link EventIdGenerator} gives the span started in it these ids.
 * `startSpan` asks for them synchronously; whatever it does not ask for is forgotten afterwards.
 */
export function withNextIds<T>(traceId: string, spanId: string, start: () => T): T {
  next.traceId = traceId
  next.spanId = spanId
  try {
    return start()
  } finally {
    next.traceId = ''
    next.spanId = ''
  }
}

/** Sets the next ids without a closure; {@link clearNextIds} must follow. */
export function setNextIds(traceId: string, spanId: string): void {
  next.traceId = traceId
  next.spanId = spanId
}

/** Forgets ids that no span asked for. */
export function clearNextIds(): void {
  next.traceId = ''
  next.spanId = ''
}

/**
 * The id generator that makes the root id of a lock's events the trace id and the event id the span id; all
 * other spans of the provider get random ids, from the generator given or made here.
 *
 * @example
 * ```ts
 * new NodeSDK({ idGenerator: new EventIdGenerator(), instrumentations: [new OtelListener()] })
 * ```
 */
export class EventIdGenerator {
  readonly #fallback: { generateTraceId(): string; generateSpanId(): string }

  /**
   * A generator for one provider.
   *
   * @param fallback makes the ids of every other span; random ones by default
   * @throws TypeError when it has not both methods
   */
  constructor(fallback?: { generateTraceId(): string; generateSpanId(): string }) {
    if (
      fallback !== undefined &&
      (typeof fallback?.generateTraceId !== 'function' || typeof fallback?.generateSpanId !== 'function')
    ) {
      throw new TypeError('EventIdGenerator: fallback must have generateTraceId() and generateSpanId()')
    }
    this.#fallback = fallback ?? RANDOM
  }

  /** 32 lower-case hex digits. */
  readonly generateTraceId = (): string => {
    const id = next.traceId
    if (id === '') return this.#fallback.generateTraceId()
    next.traceId = ''
    return id
  }

  /** 16 lower-case hex digits. */
  readonly generateSpanId = (): string => {
    const id = next.spanId
    if (id === '') return this.#fallback.generateSpanId()
    next.spanId = ''
    return id
  }
}

let drawn = 0

function randomHex(digits: 16 | 32): string {
  let text = ''
  while (text.length < digits) {
    text += Math.floor(Math.random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0')
  }
  if (/^0+$/.test(text)) return hash128(`${Date.now()}.${drawn++}`).slice(0, digits)
  return text
}

const RANDOM = {
  generateTraceId: (): string => randomHex(32),
  generateSpanId: (): string => randomHex(16),
}
