import { context } from '@opentelemetry/api'
import { EventType, now } from '../../events/index.js'
import { Acquisition } from './acquisition.js'
import type { Hold } from './hold.js'
import type { NormalOptions } from './options.js'
import { newOwnerId } from './owner.js'
import { Publisher } from './publisher.js'
import { Release } from './release.js'
import { textOf } from './text.js'

/**
 * Publishes what a bound lock does, as the event trees of the model. Nothing here throws, whatever the
 * listeners do and whatever the lock was called with.
 */
export class Recorder<Subject = unknown> extends Publisher {
  readonly #ownerId: NormalOptions<Subject>['ownerId']

  constructor(options: NormalOptions<Subject>) {
    super(options.listeners, options.storageName)
    this.#ownerId = options.ownerId
  }

  /** Whether anybody listens: the one branch that a bound lock costs when nobody does. */
  get enabled(): boolean {
    return this.listeners.current.length > 0
  }

  /** The owner of the next acquire. */
  ownerId(subject: Subject): string {
    const own = this.#ownerId
    return typeof own === 'function' ? textOf(() => own(subject), newOwnerId) : (own ?? newOwnerId())
  }

  /** A lock was made. */
  created(lockId: string): void {
    if (!this.enabled) return
    this.publish(this.root(lockId, '', EventType.CreateLock, now()), context.active())
  }

  /** An acquire begins, now; listeners are told of it by its `begun`. */
  acquire(lockId: string, ownerId: string): Acquisition {
    return new Acquisition(this, lockId, ownerId)
  }

  /**
   * A release begins, now: of the hold, or of a lock that was acquired unseen. Listeners are told of it by
   * its `begun`.
   */
  release(hold: Hold | undefined, lockId = '', ownerId = ''): Release {
    return new Release(this, hold, hold?.record.lockId ?? lockId, hold?.record.ownerId ?? ownerId)
  }
}
