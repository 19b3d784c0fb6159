import type { HrTime } from '@opentelemetry/api'
import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import type { Hold } from '../internal/hold.js'
import { leaseEnd } from '../internal/lease.js'
import type { LossReason, Renewal } from '../internal/renewal.js'
import type { FileObserver, FileOperation } from './observed-fs.js'

/** One lock of a file: its acquire, and the renewals of its hold, as the file system shows them. */
export class FileLock implements FileObserver {
  readonly #acquisition: Acquisition
  /** Milliseconds after which the lock file is stale. */
  readonly #stale: number
  /** The path under which the library knows the lock. */
  path: string
  hold: Hold | undefined
  #pending = 0
  #attempt: HrTime | undefined
  #created: { readonly start: HrTime; readonly end: HrTime } | undefined
  #stolen = false
  #exists = false
  #error: { readonly cause: unknown } | undefined
  #renewal: Renewal | undefined
  #renewalError: { readonly cause: unknown } | undefined

  constructor(acquisition: Acquisition, stale: number, path: string) {
    this.#acquisition = acquisition
    this.#stale = stale
    this.path = path
  }

  begun(operation: FileOperation, start: HrTime): void {
    this.#pending += 1
    if (this.hold !== undefined) {
      if (operation === 'stat') this.#renewal = this.hold.renew(start)
    } else if (operation === 'mkdir') {
      this.#attempt ??= start
    } else if (operation === 'rmdir' && this.#created === undefined) {
      this.#stolen = true
    }
  }

  answered(operation: FileOperation, start: HrTime, error: unknown, result: unknown): void {
    this.#pending -= 1
    const failed = error !== undefined && error !== null
    if (this.hold !== undefined) {
      if (failed) this.#renewalError = { cause: error }
      else if (operation === 'utimes') this.#renewal?.succeeded(leaseEnd(start, this.#stale))
      return
    }
    if (operation === 'realpath' && typeof result === 'string') this.path = result
    if (operation === 'mkdir' && !failed) this.#created = { start, end: now() }
    else if (operation === 'mkdir' && codeOf(error) === 'EEXIST') this.#exists = true
    else if (failed && codeOf(error) !== 'ENOENT') this.#error = { cause: error }
    else if (failed && operation === 'mkdir') this.#error = { cause: error }
    // The lock could not be made sure of: the library takes it back.
    if (failed && operation !== 'mkdir') this.#created = undefined
  }

  told(): void {
    if (this.hold === undefined) {
      // With nothing under way, the library waits for its next attempt, or has given up.
      if (this.#pending === 0 && this.#created === undefined) this.#endAttempt()
    } else if (this.#renewalError !== undefined) {
      this.#renewal?.failed(this.#renewalError.cause)
      this.#renewalError = undefined
    }
  }

  acquired(): Hold {
    const start = this.#created?.start ?? this.#acquisition.start
    this.hold = this.#acquisition.acquired(this.#created, leaseEnd(start, this.#stale), {
      takeover: this.#stolen,
      watched: true,
    })
    return this.hold
  }

  failed(error: unknown): void {
    this.#created = undefined
    this.#endAttempt()
    if (codeOf(error) === 'ELOCKED') this.#acquisition.timedOut()
    else this.#acquisition.failed(error)
  }

  /** The library has given the lock up. */
  compromised(error: unknown): void {
    this.#renewalError = undefined
    if (this.#renewal === undefined) this.hold?.lost(reasonOf(error), error)
    else this.#renewal.lost(reasonOf(error), error)
  }

  #endAttempt(): void {
    const start = this.#attempt
    if (start === undefined) return
    const error = this.#error
    this.#attempt = undefined
    this.#error = undefined
    if (error === undefined && this.#exists) this.#acquisition.busy({ start })
    else this.#acquisition.attemptFailed(error?.cause, { start })
    this.#exists = false
    this.#stolen = false
  }
}

/** Only the error tells why: its code is `ECOMPROMISED` whatever happened. */
function reasonOf(error: unknown): LossReason {
  const message = error instanceof Error ? error.message : ''
  return message === 'Unable to update lock within the stale threshold' ? 'not_owner' : 'not_found'
}

/** The code of an error of Node's or of the library's. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null | undefined)?.code
}
