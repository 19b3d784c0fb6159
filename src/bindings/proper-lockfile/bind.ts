import { resolve } from 'node:path'
import type { Hold } from '../internal/hold.js'
import { newOwnerId } from '../internal/owner.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import type { Release } from '../internal/release.js'
import { textOf } from '../internal/text.js'
import { codeOf, FileLock } from './file-lock.js'
import { observeFs } from './observed-fs.js'
import type { ProperLockfileOptions } from './options.js'

/** Options of proper-lockfile, as far as they are looked at. */
interface Options {
  fs?: unknown
  stale?: unknown
  onCompromised?: unknown
}

/** proper-lockfile's functions, by their public names. */
export interface Lockfile {
  readonly lock: (file: string, options?: Options) => Promise<(...args: unknown[]) => Promise<void>>
  readonly unlock: (file: string, options?: Options) => Promise<void>
  readonly lockSync: (file: string, options?: Options) => (...args: unknown[]) => void
  readonly unlockSync: (file: string, options?: Options) => void
}

const DEFAULT_STALE = 10_000
const LEAST_STALE = 2000

/** The four functions that take or give back a lock, publishing what they do. */
export function bind(
  target: Lockfile,
  recorder: Recorder<string>,
  lockId: ProperLockfileOptions['lockId'],
  ownerIdGiven: boolean,
): Lockfile {
  const self = newOwnerId()
  /** The holds of this process, by the path under which the library knows them. */
  const holds = new Map<string, Hold>()

  return {
    lock(file, options) {
      if (!recorder.enabled) return target.lock(file, options)
      const call = begin(file, options)
      return target.lock(file, call.options).then(
        (release) => quietly(() => releaser(acquired(call.lock), release)) ?? release,
        (error: unknown) => {
          call.lock.failed(error)
          throw error
        },
      )
    },

    lockSync(file, options) {
      if (!recorder.enabled) return target.lockSync(file, options)
      const call = begin(file, options)
      let release: (...args: unknown[]) => void
      try {
        release = target.lockSync(file, call.options)
      } catch (error) {
        call.lock.failed(error)
        throw error
      }
      return quietly(() => releaserSync(acquired(call.lock), release)) ?? release
    },

    unlock(file, options) {
      if (!recorder.enabled) return target.unlock(file, options)
      const call = beginRelease(file, options)
      return target.unlock(file, call.options).then(
        () => released(call.release, call.hold()),
        (error: unknown) => {
          refused(call.release, call.hold(), error)
          throw error
        },
      )
    },

    unlockSync(file, options) {
      if (!recorder.enabled) {
        target.unlockSync(file, options)
        return
      }
      const call = beginRelease(file, options)
      try {
        target.unlockSync(file, call.options)
      } catch (error) {
        refused(call.release, call.hold(), error)
        throw error
      }
      released(call.release, call.hold())
    },
  }

  function begin(file: string, options: Options | undefined): { lock: FileLock; options: Options } {
    const acquisition = recorder.acquire(nameOf(file), ownerIdGiven ? recorder.ownerId(file) : self).begun()
    const lock = new FileLock(acquisition, staleOf(options), pathOf(file))
    const own: Options = { ...options }
    const fs = observeFs(own, lock)
    if (fs !== undefined) own.fs = fs
    const given = Object.hasOwn(own, 'onCompromised')
    const onCompromised = own.onCompromised as (error: unknown) => unknown
    own.onCompromised = function (this: unknown, error: unknown): unknown {
      quietly(() => {
        lock.compromised(error)
        forget(lock.hold)
      })
      // As the library does by default.
      if (!given) throw error
      return Reflect.apply(onCompromised, this, [error])
    }
    return { lock, options: own }
  }

  function acquired(lock: FileLock): Hold {
    const hold = lock.acquired()
    holds.set(lock.path, hold)
    return hold
  }

  function releaser(
    hold: Hold,
    release: (...args: unknown[]) => Promise<void>,
  ): (...args: unknown[]) => Promise<void> {
    return (...args) => {
      const recorded = recorder.release(hold).begun()
      return release(...args).then(
        () => released(recorded, hold),
        (error: unknown) => {
          refused(recorded, hold, error)
          throw error
        },
      )
    }
  }

  function releaserSync(hold: Hold, release: (...args: unknown[]) => void): (...args: unknown[]) => void {
    return (...args) => {
      const recorded = recorder.release(hold).begun()
      try {
        release(...args)
      } catch (error) {
        refused(recorded, hold, error)
        throw error
      }
      released(recorded, hold)
    }
  }

  function beginRelease(
    file: string,
    options: Options | undefined,
  ): { release: Release; options: Options; hold: () => Hold | undefined } {
    let path = pathOf(file)
    const own: Options = { ...options }
    const fs = observeFs(own, {
      begun: () => undefined,
      told: () => undefined,
      answered(operation, _start, _error, result) {
        if (operation === 'realpath' && typeof result === 'string') path = result
      },
    })
    if (fs !== undefined) own.fs = fs
    return {
      release: recorder.release(holds.get(path), nameOf(file), self).begun(),
      options: own,
      hold: () => holds.get(path),
    }
  }

  function released(release: Release, hold: Hold | undefined): void {
    quietly(() => {
      release.done(hold)
      forget(hold)
    })
  }

  function refused(release: Release, hold: Hold | undefined, error: unknown): void {
    quietly(() => {
      const code = codeOf(error)
      if (code === 'ERELEASED' || code === 'ENOTACQUIRED') {
        release.refused(error)
        return
      }
      release.failed(error)
      // The library renews it no more, although its file may still be there.
      hold?.unwatch()
    })
  }

  function forget(hold: Hold | undefined): void {
    for (const [path, each] of holds) {
      if (each === hold) holds.delete(path)
    }
  }

  function nameOf(file: string): string {
    return textOf(
      () => lockId?.(file),
      () => pathOf(file),
    )
  }
}

function pathOf(file: string): string {
  return textOf(
    () => resolve(file),
    () =>
      textOf(
        () => file,
        () => '',
      ),
  )
}

function staleOf(options: Options | undefined): number {
  if (options === undefined || options === null || !Object.hasOwn(options, 'stale')) return DEFAULT_STALE
  return Math.max(Number(options.stale) || 0, LEAST_STALE)
}
