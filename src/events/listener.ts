import type { Context } from '@opentelemetry/api'
import type { Event } from './event.js'

/**
 * Takes the events that a lock publishes.
 *
 * Counterpart of go-events `Listener`.
 *
 * @example
 * const printing: Listener = {
 *   name: 'printing',
 *   on: (_ctx, event) => console.log(event.lockId, event.actions.at(-1)?.name),
 * }
 */
export interface Listener {
  /** Tells listeners apart, in diagnostics for instance. */
  readonly name: string

  /**
   * Called once for each publication of an event. What it throws, and a promise of it that rejects, is
   * reported through OpenTelemetry's `diag` and goes no further.
   *
   * @param ctx the context the publisher worked in; `undefined` when it named none, and then a listener
   *   that needs one takes `context.active()`.
   * @param event the event published. It may be published again later, with more actions.
   */
  on(ctx: Context | undefined, event: Event): void | Promise<void>
}

/** The function form of {@link Listener.on}. */
export type ListenerFunction = (ctx: Context | undefined, event: Event) => void | Promise<void>

/**
 * Makes a listener of a function.
 *
 * Counterpart of go-events `ListenerWrapper`.
 *
 * @example
 * const listener = new ListenerWrapper('counter', () => { count++ })
 */
export class ListenerWrapper implements Listener {
  readonly name: string
  readonly #listenerFunction: ListenerFunction

  /** @throws {TypeError} when `listenerFunction` is not a function. */
  constructor(name: string, listenerFunction: ListenerFunction) {
    if (typeof listenerFunction !== 'function') {
      throw new TypeError('ListenerWrapper: listenerFunction must be a function')
    }
    this.name = name
    this.#listenerFunction = listenerFunction
  }

  on(ctx: Context | undefined, event: Event): void | Promise<void> {
    return this.#listenerFunction(ctx, event)
  }
}
