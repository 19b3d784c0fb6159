import { rememberListeners } from './internal/listeners.js'
import { assertOption, normalizeOptions } from './internal/options.js'
import { Recorder } from './internal/recorder.js'
import { bind, type Lockfile } from './proper-lockfile/bind.js'
import type { ProperLockfileOptions } from './proper-lockfile/options.js'

export { LockListeners, listenersOf } from './internal/listeners.js'
export type { BindingOptions } from './internal/options.js'
export type { ProperLockfileOptions } from './proper-lockfile/options.js'

/**
 * Makes a copy of proper-lockfile 4.1 that publishes what its locks do, and is otherwise the same: attempts,
 * takeovers of stale lock files, the updates that keep a lock file fresh, compromised locks, releases.
 *
 * @param lockfile the module, imported as a whole or by its default; nothing of it is changed.
 * @returns its counterpart. `check` and `checkSync` are the module's own.
 * @throws {TypeError} when `lockfile` is not the module, or an option is wrong.
 *
 * @example
 * import properLockfile from 'proper-lockfile'
 * import { instrumentProperLockfile } from 'storage-lock-otel/proper-lockfile'
 *
 * const lockfile = instrumentProperLockfile(properLockfile, { listeners: [listener] })
 * const release = await lockfile.lock('data.json', { retries: 5 })
 */
export function instrumentProperLockfile<T extends object>(lockfile: T, options?: ProperLockfileOptions): T {
  const where = 'instrumentProperLockfile'
  const recorder = new Recorder<string>(normalizeOptions(where, options, 'proper-lockfile'))
  assertOption(where, 'lockId', options?.lockId, ['function'])
  if (!isLockfile(lockfile)) throw new TypeError(`${where}: lockfile must be the module proper-lockfile`)
  const functions = bind(lockfile, recorder, options?.lockId, options?.ownerId !== undefined)
  const copy: Lockfile & { default?: unknown } = { ...(lockfile as Lockfile), ...functions }
  // The module is its own `lock` function; imported as a namespace it has that as its default.
  const main = Object.assign(functions.lock, copy)
  if ('default' in copy) copy.default = main
  return rememberListeners(typeof lockfile === 'function' ? main : copy, recorder.listeners) as unknown as T
}

function isLockfile(value: unknown): value is Lockfile {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const functions = value as Record<string, unknown>
  return ['lock', 'unlock', 'lockSync', 'unlockSync'].every((name) => typeof functions[name] === 'function')
}
