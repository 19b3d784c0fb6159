import { quietly } from '../internal/quietly.js'

export type Callback = (error: unknown, value?: unknown) => void

/** A promise of bluebird, which redlock 4 returns. */
export interface Bluebird<T> extends Promise<T> {
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Bluebird<A | B>
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Bluebird<T | B>
  nodeify(callback: unknown): Bluebird<T>
  disposer(dispose: (value: T) => unknown): unknown
}

/** A lock of redlock 4, or an attempt to get one. */
export interface Lock4 {
  redlock: unknown
  readonly resource: string | string[]
  /** Milliseconds since 1970. */
  readonly expiration: number
  readonly attempts: number
  /** -1 at the last attempt. */
  readonly attemptsRemaining: number
  unlock(callback?: Callback): Bluebird<void>
}

/** redlock 4.2 by its public names. */
export interface Redlock4 {
  readonly servers: readonly unknown[]
  readonly driftFactor: number
  readonly retryDelay: number
  lockWithOptions(resource: unknown, ttl: number, options: object): Bluebird<Lock4>
  unlock(lock: Lock4, callback?: Callback): Bluebird<void>
  extend(lock: Lock4, ttl: number): Bluebird<Lock4>
  emit(event: string, ...args: unknown[]): boolean
}

/** The failures of nodes since the call, or its last attempt, began. */
export interface Seen {
  readonly errors: number
  /** The last of them. */
  readonly error: unknown
}

/** Attempts that failed and are cleaned up after: their `unlock` releases nothing. */
const failedAttempts = new WeakSet<Lock4>()

/** Whether an `unlock` is the one by which a failed attempt cleans up. */
export function isCleanUp(attempt: Lock4): boolean {
  return failedAttempts.has(attempt)
}

/**
 * An instance of redlock 4 as one call sees it: the errors of nodes that it emits are that call's, before
 * they are everybody's, and the `unlock` by which an attempt cleans up says that the attempt failed.
 *
 * @param redlock the instance as the program has it
 * @param target the instance itself, where the program has a stand-in
 */
export function during(
  redlock: Redlock4,
  target: Redlock4,
  attemptFailed?: (attempt: Lock4, seen: Seen) => void,
): Redlock4 & { readonly seen: Seen } {
  const view = Object.create(target) as Redlock4 & { seen: Seen }
  view.seen = { errors: 0, error: undefined }
  view.emit = (event, ...args) => {
    if (event === 'clientError') view.seen = { errors: view.seen.errors + 1, error: args[0] }
    return redlock.emit(event, ...args)
  }
  if (attemptFailed !== undefined) {
    view.unlock = (attempt, callback) => {
      quietly(() => attemptFailed(attempt, view.seen))
      view.seen = { errors: 0, error: undefined }
      failedAttempts.add(attempt)
      // Past the view: what fails while cleaning up is no failure of an attempt.
      return redlock.unlock(attempt, callback)
    }
  }
  return view
}
