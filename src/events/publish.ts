import type { Context } from '@opentelemetry/api'
import type { Event } from './event.js'
import type { Listener } from './listener.js'
import { createReporter } from './report.js'

type Reporter = (error: unknown) => void

const reporters = new WeakMap<object, Reporter>()
const NO_LISTENER = {}

/** Tells the listeners of an event, each whatever the others do. Never throws. */
export function publish(ctx: Context | undefined, event: Event, listeners: readonly Listener[]): void {
  // A listener may change the list it stands in; who was on it when the event came is told.
  const count = listeners.length
  for (let index = 0; index < count; index++) tell(listeners[index] as Listener, ctx, event)
}

function tell(listener: Listener, ctx: Context | undefined, event: Event): void {
  try {
    const result: unknown = listener.on(ctx, event)
    if (isThenable(result)) result.then(undefined, (error: unknown) => reporterOf(listener)(error))
  } catch (error) {
    reporterOf(listener)(error)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}

/** Each listener has a reporter of its own: one that fails all the time must not hide another. */
function reporterOf(listener: unknown): Reporter {
  const key = typeof listener === 'object' && listener !== null ? listener : NO_LISTENER
  let reporter = reporters.get(key)
  if (reporter === undefined) {
    reporter = createReporter(`storage-lock-otel: the listener ${nameOf(key)} failed`)
    reporters.set(key, reporter)
  }
  return reporter
}

function nameOf(listener: object): string {
  try {
    return `"${String((listener as { name?: unknown }).name)}"`
  } catch {
    return 'without a name'
  }
}
