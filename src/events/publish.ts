import type { Context } from '@opentelemetry/api'
import type { Event } from './event.js'
import type { Listener } from './listener.js'
import { createReporter } from './report.js'

const reporters = new WeakMap<Listener, (error: unknown) => void>()

/** Tells the listeners of an event, each whatever the others do. */
export function publish(ctx: Context | undefined, event: Event, listeners: readonly Listener[]): void {
  // A listener may change the list it stands in; who was on it when the event came is told.
  const count = listeners.length
  for (let index = 0; index < count; index++) {
    const listener = listeners[index]
    if (listener !== undefined) tell(listener, ctx, event)
  }
}

function tell(listener: Listener, ctx: Context | undefined, event: Event): void {
  try {
    const result: unknown = listener.on(ctx, event)
    if (isThenable(result)) result.then(undefined, (error: unknown) => report(listener, error))
  } catch (error) {
    report(listener, error)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}

function report(listener: Listener, error: unknown): void {
  let reporter = reporters.get(listener)
  if (reporter === undefined) {
    reporter = createReporter(`storage-lock-otel: the listener "${listener.name}" failed`)
    reporters.set(listener, reporter)
  }
  reporter(error)
}
