import type { Context, HrTime } from '@opentelemetry/api'
import type { Event, LockInformation } from '../../events/index.js'
import type { Recorder } from './recorder.js'
import type { LossReason, Renewal } from './renewal.js'
import { WatchDog } from './watch-dog.js'

/** A lock that is held: from its acquire to its release, or to the loss of its lease. */
export class Hold {
  /** The lock's record; its lease moves on with every renewal. */
  record: LockInformation
  readonly recorder: Recorder<never>
  /** The root of the tree of its acquire, in which its watch dog goes on. */
  readonly root: Event
  readonly context: Context
  #dog: WatchDog | undefined
  #open = true

  constructor(recorder: Recorder<never>, root: Event, ctx: Context, record: LockInformation) {
    this.recorder = recorder
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
    return this.#dog?.id ?? ''
  }

  /** From now on its lease is renewed: by the library, or by the program. */
  watch(): WatchDog {
    this.#dog ??= new WatchDog(this)
    return this.#dog
  }

  /** A renewal begins, now. `undefined` when there is nothing to renew any more. */
  renew(): Renewal | undefined {
    return this.#open ? this.watch().renew() : undefined
  }

  /** The lease turned out to be lost, now, or in a renewal that began at `start`. */
  lost(reason: LossReason, err: unknown, start?: HrTime): void {
    if (this.#open) this.watch().renew(start).lost(reason, err)
  }

  /** Nobody renews the lease any more, although the lock is held. */
  unwatch(): void {
    this.#dog?.exit()
  }

  /** It is over. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#dog?.exit()
  }
}
