import type { Listener } from '../../events/index.js'

/**
 * The listeners of bound locks: given when the lock is bound, added and removed at any later time. One set
 * may serve many bindings.
 *
 * @example
 * const listeners = new LockListeners([new OtelListener()])
 * const redlock = new (instrumentRedlock(Redlock, { listeners }))([client])
 * listeners.add(new JsonLinesListener(process.stdout))
 */
export class LockListeners {
  #current: readonly Listener[]

  /** @throws {TypeError} when one of them has no `on` method. */
  constructor(listeners: Iterable<Listener> = []) {
    this.#current = [...listeners]
    for (const listener of this.#current) assertListener(listener)
  }

  /** Those told of the next event. Replaced when the set changes, never changed in place. */
  get current(): readonly Listener[] {
    return this.#current
  }

  /** Those told of the next event, one by one. */
  [Symbol.iterator](): Iterator<Listener> {
    return this.#current[Symbol.iterator]()
  }

  /**
   * Adds a listener; one that is in the set already is not told twice.
   *
   * @throws {TypeError} when it has no `on` method.
   */
  add(listener: Listener): this {
    assertListener(listener)
    if (!this.#current.includes(listener)) this.#current = [...this.#current, listener]
    return this
  }

  /** Removes a listener; nothing happens when it is not in the set. */
  remove(listener: Listener): this {
    this.#current = this.#current.filter((each) => each !== listener)
    return this
  }
}

const listenersByLock = new WeakMap<object, LockListeners>()

/** Remembers whose listeners a bound lock tells. */
export function rememberListeners<T extends object>(bound: T, listeners: LockListeners): T {
  listenersByLock.set(bound, listeners)
  return bound
}

/**
 * The listeners of a bound lock, to add one or remove one later.
 *
 * @param bound what an `instrument…` function returned, or an instance of a class it returned.
 * @throws {TypeError} when it is not bound.
 *
 * @example
 * listenersOf(redlock).add(listener)
 */
export function listenersOf(bound: object): LockListeners {
  const listeners = listenersByLock.get(bound)
  if (listeners === undefined) throw new TypeError('listenersOf: the lock is not bound')
  return listeners
}

function assertListener(listener: Listener): void {
  if (typeof (listener as Partial<Listener> | null | undefined)?.on !== 'function') {
    throw new TypeError('listeners: every listener must have an on(ctx, event) method')
  }
}
