import type { BindingOptions } from '../internal/options.js'

/** A lock of redis-semaphore, by its public names. */
export interface RedisSemaphoreLock {
  /** Its value in Redis. */
  readonly identifier: string
  /** Whether it is held, as far as it knows. */
  readonly isAcquired: boolean
}

/** Options of the redis-semaphore binding. The owner is asked of once for each lock object. */
export interface RedisSemaphoreOptions extends BindingOptions<RedisSemaphoreLock> {
  /**
   * Names a lock.
   * @default its key in Redis: `mutex:<key>` or `semaphore:<key>`
   */
  readonly lockId?: (lock: RedisSemaphoreLock) => string
}
