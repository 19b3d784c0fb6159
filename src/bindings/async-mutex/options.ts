import type { BindingOptions } from '../internal/options.js'

/** A mutex or semaphore, as the options are asked of with it. */
export interface AsyncMutexLock {
  /** Whether it is held. */
  isLocked(): boolean
}

/** Options of the async-mutex binding. */
export interface AsyncMutexOptions extends BindingOptions<AsyncMutexLock> {
  /**
   * Names the lock; a function is called once for each lock that is bound.
   * @default `mutex-` or `semaphore-`, and a counter
   */
  readonly lockId?: string | ((lock: AsyncMutexLock) => string)
}
