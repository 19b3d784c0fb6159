import type { Context, HrTime } from '@opentelemetry/api'
import type { Event, LockInformation } from '../../events/index.js'
import { Keeper } from './keeper.js'
import type { Publisher } from './publisher.js'
import type { LossReason, Renewal } from './renewal.js'

/** A lock that is held: from its acquire to its release, or to the loss of its lease. */
export class Hold {
  /** The lock's record; its lease moves on with every renewal. */
  record: LockInformation
  readonly publisher: Publisher
  /** The root of the tree of its acquire, in which its watch dog goes on. */
  readonly root: Event
  readonly context: Context
  #keeper: Keeper | undefined
  #open = true

  constructor(publisher: Publisher, root: Event, ctx: Context, record: LockInformation) {
    this.publisher = publisher
    this.root = root
    this.context = ctx
    this.record = record
  }

  /** Whether it has been neither released nor lost. */
  get open(): boolean {
    return this.#open
  }

  /** The id of its watch dog; empty for none. */
  get watchDogId(): string {
    return this.#keeper?.watchDogId ?? ''
  }

  /** From `at` on a watch dog of the library's renews its lease. */
  watch(at: HrTime): void {
    this.#keeper ??= new Keeper(this, at)
  }

  /** A renewal begins, now, or began at `start`. `undefined` when there is nothing to renew any more. */
  renew(start?: HrTime): Renewal | undefined {
    if (!this.#open) return undefined
    this.#keeper ??= new Keeper(this)
    return this.#keeper.renew(start)
  }

  /** The lease turned out to be lost, now. */
  lost(reason: LossReason, err: unknown): void {
    this.renew()?.lost(reason, err)
  }

  /** Nobody renews the lease any more, although the lock is held. */
  unwatch(): void {
    this.#keeper?.exit()
  }

  /** It is over. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#keeper?.exit()
  }
}
