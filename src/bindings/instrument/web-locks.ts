import { now } from '../../events/index.js'
import type { Hold } from '../internal/hold.js'
import { rememberListeners } from '../internal/listeners.js'
import { quietly } from '../internal/quietly.js'
import type { Recorder } from '../internal/recorder.js'
import { textOf } from '../internal/text.js'
import type { WebLockManager, WebLocksOptions } from './options.js'
import { settle } from './settle.js'

type Callback = (lock: unknown) => unknown
type Request = (name: string, ...rest: unknown[]) => Promise<unknown>

/** Stands in for `navigator.locks`; it is the whole program's, so it is left as it is. */
export function instrumentWebLocks<T extends WebLockManager>(
  locks: T,
  recorder: Recorder<readonly [string]>,
  lockId: WebLocksOptions['lockId'],
): T {
  const target = locks as unknown as { request: Request }

  const request: Request = (name, ...rest) => {
    const index = rest.length - 1
    const callback = rest[index]
    if (!recorder.enabled || typeof callback !== 'function') return target.request(name, ...rest)
    const id = textOf(
      () => lockId?.(name),
      () =>
        textOf(
          () => name,
          () => '',
        ),
    )
    const acquisition = recorder.acquire(id, recorder.ownerId([name])).begun()
    let answered = false
    let hold: Hold | undefined
    let finished = false
    const own: Callback = (lock) => {
      answered = true
      quietly(() => {
        // `ifAvailable` asks without waiting: it is answered by no lock.
        const at = now()
        if (lock !== null) {
          hold = acquisition.acquired({ start: at, end: at })
          return
        }
        acquisition.busy()
        acquisition.timedOut()
      })
      const done = (): void => {
        finished = true
        if (hold?.open === true) recorder.release(hold).done()
      }
      return settle(
        () => (callback as Callback)(lock),
        (result) => {
          done()
          return result
        },
        done,
      )
    }
    const given = [...rest]
    given[index] = own
    return target.request(name, ...given).catch((error: unknown) => {
      quietly(() => {
        if (!answered) acquisition.failed(error)
        // It was taken from the callback while that still runs.
        else if (!finished) hold?.lost('not_owner', error)
      })
      throw error
    })
  }

  return rememberListeners(
    new Proxy(locks, {
      get(object, key) {
        if (key === 'request') return request
        // Its methods and getters want the real one as `this`.
        const value: unknown = Reflect.get(object, key, object)
        return typeof value === 'function' ? (value.bind(object) as unknown) : value
      },
    }),
    recorder.listeners,
  )
}
