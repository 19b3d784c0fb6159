import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import { passFor } from '../internal/class-of.js'
import type { Hold } from '../internal/hold.js'
import { leaseEnd } from '../internal/lease.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import { textOf } from '../internal/text.js'
import { Attempts, ObservedClient, type RedisClient } from './attempts.js'
import type { RedisSemaphoreLock, RedisSemaphoreOptions } from './options.js'

/** What the lock classes of redis-semaphore offer to their subclasses. */
interface LockBase extends RedisSemaphoreLock {
  _client?: RedisClient
  _clients?: RedisClient[]
  readonly _key: string | undefined
  readonly _acquireOptions: { readonly lockTimeout: number; readonly retryInterval: number }
  readonly _refreshTimeInterval: number
  _acquire(signal?: AbortSignal): Promise<boolean>
  _refresh(): Promise<boolean>
  tryAcquire(signal?: AbortSignal): Promise<boolean>
  release(): Promise<void>
  stopRefresh(): void
}

/** An acquire that runs, and what is seen of its attempts. */
interface Running {
  readonly acquisition: Acquisition
  attempts: Attempts | undefined
}

/** A subclass of a lock class that publishes what its locks do. */
export function subclass(
  Base: new (...args: unknown[]) => object,
  recorder: Recorder<RedisSemaphoreLock>,
  lockId: RedisSemaphoreOptions['lockId'],
): new (
  ...args: unknown[]
) => object {
  class InstrumentedLock extends (Base as new (...args: unknown[]) => LockBase) {
    #ownerId: string | undefined
    #starting: Running | undefined
    #hold: Hold | undefined

    constructor(...args: unknown[]) {
      super(...args)
      rememberListeners(this, recorder.listeners)
      if (recorder.enabled) recorder.created(this.#lockId())
    }

    override tryAcquire(signal?: AbortSignal): Promise<boolean> {
      if (!recorder.enabled) return super.tryAcquire(signal)
      this.#ownerId ??= recorder.ownerId(this)
      const running: Running = {
        acquisition: recorder.acquire(this.#lockId(), this.#ownerId),
        attempts: undefined,
      }
      // Read by `_acquire` or `_refresh`, which the library calls before it first waits.
      this.#starting = running
      let result: Promise<boolean>
      try {
        result = super.tryAcquire(signal)
      } finally {
        this.#starting = undefined
      }
      running.acquisition.begun()
      return result.then(
        (acquired) => {
          quietly(() => this.#tried(acquired, running))
          return acquired
        },
        (error: unknown) => {
          running.acquisition.failed(error)
          throw error
        },
      )
    }

    override _acquire(signal?: AbortSignal): Promise<boolean> {
      const running = this.#starting
      if (running === undefined) return super._acquire(signal)
      const { _client: client, _clients: clients } = this
      const attempts = new Attempts(
        running.acquisition,
        clients?.length ?? 1,
        this._acquireOptions.retryInterval,
      )
      running.attempts = attempts
      // The library reads its clients at once, so they are stood in for in this call alone.
      if (client !== undefined) this._client = new ObservedClient(client, attempts)
      if (clients !== undefined) this._clients = clients.map((each) => new ObservedClient(each, attempts))
      try {
        return super._acquire(signal)
      } finally {
        if (client !== undefined) this._client = client
        if (clients !== undefined) this._clients = clients
      }
    }

    override _refresh(): Promise<boolean> {
      // A lock acquired externally is taken over by a first refresh: that is its acquire.
      if (this.#starting !== undefined) return super._refresh()
      const renewal = this.#hold?.renew()
      if (renewal === undefined) return super._refresh()
      return super._refresh().then(
        (refreshed) => {
          if (refreshed) renewal.succeeded(leaseEnd(renewal.start, this._acquireOptions.lockTimeout))
          // Released meanwhile, it has lost nothing.
          else if (this.isAcquired) renewal.lost('not_owner', null)
          return refreshed
        },
        (error: unknown) => {
          renewal.failed(error)
          throw error
        },
      )
    }

    override release(): Promise<void> {
      const hold = this.#hold
      if (!recorder.enabled || hold?.open !== true) return super.release()
      const release = recorder.release(hold)
      const result = super.release()
      release.begun()
      return result.then(
        () => {
          release.done()
        },
        (error: unknown) => {
          release.failed(error)
          throw error
        },
      )
    }

    override stopRefresh(): void {
      this.#hold?.unwatch()
      super.stopRefresh()
    }

    #tried(acquired: boolean, { acquisition, attempts }: Running): void {
      if (!acquired) {
        // The Redlock kin swallow what their nodes answer.
        if (attempts?.failure === undefined) acquisition.timedOut()
        else acquisition.failed(attempts.failure.cause)
        return
      }
      const start = attempts?.start ?? acquisition.start
      this.#hold = acquisition.acquired(
        { start, end: attempts?.end ?? now() },
        leaseEnd(start, this._acquireOptions.lockTimeout),
        { watched: this._refreshTimeInterval > 0 },
      )
    }

    #lockId(): string {
      return textOf(
        () => lockId?.(this),
        // The base of all lock classes has none until its subclass has set it.
        () => this._key ?? '',
      )
    }
  }
  return passFor(InstrumentedLock, Base)
}
