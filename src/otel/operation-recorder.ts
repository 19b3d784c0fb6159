import type { Attributes, HrTime } from '@opentelemetry/api'
import { secondsBetween } from '../events/index.js'
import type { Hold } from '../operations/hold.js'
import type {
  AcquireOperation,
  LossReason,
  Operation,
  ReleaseOperation,
  Renewal,
  StorageCall,
} from '../operations/operation.js'
import { type Instruments, records } from './instruments.js'
import type { Series, SeriesTable } from './series.js'

const LOSS_REASONS: readonly LossReason[] = ['not_owner', 'not_found', 'expired']

/** Records what operations were in the instruments. */
export class OperationRecorder {
  readonly #table: SeriesTable
  #instruments: Instruments
  /** Series of which an acquire was seen. */
  readonly begun = new Set<Series>()
  #zeroed = new WeakSet<Series>()
  /** Whether anybody takes what is recorded; without an SDK nobody does. */
  #recording: boolean

  constructor(table: SeriesTable, instruments: Instruments) {
    this.#table = table
    this.#instruments = instruments
    this.#recording = records(instruments)
  }

  /** Whether anybody takes what is recorded. */
  get recording(): boolean {
    return this.#recording
  }

  /** Goes on with the instruments of another meter provider. */
  use(instruments: Instruments): void {
    this.#instruments = instruments
    this.#recording = records(instruments)
    this.#zeroed = new WeakSet()
  }

  operation(operation: Operation): void {
    if (!this.#recording) {
      // Who acquired is known to the gauges, whenever a provider comes.
      if (operation.kind === 'acquire') this.begun.add(this.#series(operation))
      return
    }
    this.storageCalls(operation.storageCalls)
    if (operation.kind === 'acquire') this.#acquire(operation)
    else if (operation.kind === 'release') this.#release(operation)
  }

  storageCalls(calls: readonly StorageCall[]): void {
    if (!this.#recording) return
    for (const call of calls) {
      const attributes = this.#table
        .of(call.storageName, call.lockId)
        .storageCalls.of(call.operation, call.outcome, call.errorType)
      this.#instruments.storageDuration.record(secondsBetween(call.start, call.end), attributes)
    }
  }

  /** @param leaseBefore until when the lease ran before the renewal */
  renewal(renewal: Renewal, leaseBefore: HrTime | undefined): void {
    const series = this.#series(renewal)
    const attributes = series.outcomes.of(renewal.outcome, undefined, renewal.errorType)
    this.#instruments.renewalDuration.record(secondsBetween(renewal.start, renewal.end), attributes)
    if (renewal.outcome === 'renewed' && leaseBefore !== undefined) {
      // A renewal that came after the end of its lease had none left; a histogram takes no less than that.
      const headroom = Math.max(0, secondsBetween(renewal.end, leaseBefore))
      this.#instruments.renewalHeadroom.record(headroom, series.base)
    }
  }

  holdEnded(hold: Hold): void {
    const attributes = this.#series(hold).holdEnds.of(hold.end as string, undefined, undefined)
    this.#instruments.holdDuration.record(
      secondsBetween(hold.acquiredAt, hold.endedAt ?? hold.acquiredAt),
      attributes,
    )
  }

  leaseLost(of: Hold | Renewal, why: LossReason): void {
    this.#instruments.leaseLosses.add(1, reason(this.#series(of), why))
  }

  #acquire(acquire: AcquireOperation): void {
    const series = this.#series(acquire)
    this.#begin(series)
    if (acquire.busy > 0) this.#instruments.contentions.add(acquire.busy, reason(series, 'busy'))
    if (acquire.versionMisses > 0)
      this.#instruments.contentions.add(acquire.versionMisses, reason(series, 'version_miss'))
    if (acquire.takeover) this.#instruments.takeovers.add(1, series.base)
    if (!acquire.complete) return
    const contended = acquire.busy + acquire.versionMisses > 0
    const attributes = series.acquires.of(acquire.outcome, contended, acquire.errorType)
    this.#instruments.acquireDuration.record(secondsBetween(acquire.start, acquire.end), attributes)
    const outcome = series.outcomes.of(acquire.outcome, undefined, undefined)
    this.#instruments.acquireAttempts.record(acquire.attempts, outcome)
  }

  #release(release: ReleaseOperation): void {
    if (!release.complete) return
    const attributes = this.#series(release).outcomes.of(release.outcome, undefined, release.errorType)
    this.#instruments.releaseDuration.record(secondsBetween(release.start, release.end), attributes)
  }

  /** Counters of what must never be missed stand at zero first, so that `increase()` sees the first one. */
  #begin(series: Series): void {
    if (this.#zeroed.has(series)) return
    this.#zeroed.add(series)
    this.begun.add(series)
    for (const each of LOSS_REASONS) this.#instruments.leaseLosses.add(0, reason(series, each))
    this.#instruments.takeovers.add(0, series.base)
    this.#instruments.contentions.add(0, reason(series, 'busy'))
    this.#instruments.contentions.add(0, reason(series, 'version_miss'))
  }

  #series(of: { readonly storageName: string; readonly lockId: string }): Series {
    return this.#table.of(of.storageName, of.lockId)
  }
}

function reason(series: Series, value: 'busy' | 'version_miss' | LossReason): Attributes {
  return series.reasons.of(value, undefined, undefined)
}
