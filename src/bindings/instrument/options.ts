import type { BindingOptions } from '../internal/options.js'

/** A lock that `instrument` takes: whatever its methods are given and return. */
export interface Lockable {
  /** Takes the lock, or tries to. */
  acquire(...args: never[]): unknown
  /** Lets go of the lock. */
  release(...args: never[]): unknown
  /** Extends the lease. */
  extend?(...args: never[]): unknown
}

/** The arguments of a lock's acquire. */
export type AcquireArguments<T extends Lockable> = Parameters<T['acquire']>

/** What an acquire gives, once it is settled. */
export type Acquired<T extends Lockable> = Awaited<ReturnType<T['acquire']>>

/**
 * Options of `instrument` for a lock with `acquire` and `release`. Of its methods nothing is known but what
 * is said here; what a function given here throws is as if it were not given.
 */
export interface InstrumentOptions<T extends Lockable> extends BindingOptions<AcquireArguments<T>> {
  /**
   * Names the lock: fixed, or from the arguments of `acquire`. A function is asked with the arguments of
   * `release` and `extend` too, to find which of several locks they mean.
   * @default the first argument when it is a string or a number, else `lock-` and a counter
   */
  readonly lockId?: string | ((...args: AcquireArguments<T>) => string)
  /**
   * How long the lease runs from the acquire or extension on, in milliseconds: fixed, or from the arguments
   * of `acquire`.
   * @default no lease
   */
  readonly lease?: number | ((...args: AcquireArguments<T>) => number | undefined)
  /**
   * Whether the acquire got the lock, by what it returned.
   * @default everything but `false` and `null`
   */
  readonly isAcquired?: (result: Acquired<T>) => boolean
  /**
   * Whether an acquire that threw did so because another held the lock. Then it is a timeout, not an error.
   * @default never
   */
  readonly isBusy?: (error: unknown) => boolean
  /**
   * How many attempts the acquire made, by what it returned or threw.
   * @default 1
   */
  readonly attempts?: (result: Acquired<T> | undefined, error: unknown) => number
  /**
   * Whether the release let go of the lock, by what it returned; else it was refused.
   * @default everything but `false`
   */
  readonly isReleased?: (result: Awaited<ReturnType<T['release']>>) => boolean
  /**
   * Whether the extension was granted, by what it returned; else the lease is lost.
   * @default everything but `false` and `null`
   */
  readonly isExtended?: (result: unknown) => boolean
  /**
   * Whether an extension that threw says that the lease is lost, rather than that it could not be renewed.
   * @default never
   */
  readonly isLost?: (error: unknown) => boolean
  /**
   * Called once a lock is held, with a function by which to tell that its lease was lost: on the end of the
   * connection that holds it, for instance.
   */
  readonly watch?: (lost: (error?: unknown) => void, result: Acquired<T>) => void
}

/** A lock as the Web Locks API hands it to the callback. */
export interface WebLock {
  /** The name it was asked for by. */
  readonly name: string
  /** Whether others may share it. */
  readonly mode: 'exclusive' | 'shared'
}

/** The Web Locks API, `navigator.locks`. */
export interface WebLockManager {
  /** Runs a callback while the lock is held. */
  request(name: string, ...rest: never[]): Promise<unknown>
  /** Tells which locks are held and asked for. */
  query(): Promise<unknown>
}

/** Options of `instrument` for the Web Locks API. The owner is asked of with the lock's name. */
export interface WebLocksOptions extends BindingOptions<readonly [name: string]> {
  /**
   * Names a lock.
   * @default its own name
   */
  readonly lockId?: (name: string) => string
}
