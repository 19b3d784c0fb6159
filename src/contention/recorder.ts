import type { HrTime } from '@opentelemetry/api'
import { compareHrTime, secondsBetween } from '../events/index.js'
import type { Hold } from '../operations/hold.js'
import type { LockObserver } from '../operations/observer.js'
import type {
  AcquireOperation,
  LossReason,
  Operation,
  ReleaseOperation,
  Renewal,
} from '../operations/operation.js'
import type { OwnerIdMode } from '../otel/options.js'
import type { WaitingAcquire } from '../otel/waiting.js'
import type { AcquireFact, ContentionFact, ContentionFacts, HoldFact } from './facts.js'
import { OwnerNames } from './owner-names.js'

/** Options of {@link ContentionRecorder}; all may be left out. */
export interface ContentionRecorderOptions {
  /**
   * What becomes of owner ids: kept, replaced by the hash that spans carry, or dropped. Dropped, owners are
   * numbered in the order they appear, so that they can be told apart and not be known.
   * @default 'keep'
   */
  readonly ownerId?: OwnerIdMode | undefined
  /**
   * The most facts remembered; one more forgets the oldest. About 0.5 KB each.
   * @default 200_000
   */
  readonly facts?: number | undefined
  /**
   * Seconds after which a fact is forgotten, on the clock of the events.
   * @default Infinity
   */
  readonly window?: number | undefined
}

/** Who waits now, and the events' own time; `OtelListener.waiting()` tells both. */
export interface OpenAcquires {
  /** The events' own time. */
  readonly now: HrTime | undefined
  /** The calls of Lock whose outcome is not known yet. */
  readonly acquires: readonly WaitingAcquire[]
}

/** A fact before it has its number. */
type NewFact = ContentionFact extends infer Fact
  ? Fact extends ContentionFact
    ? Omit<Fact, 'seq'>
    : never
  : never

/**
 * Remembers what happened to locks: who waited, who held, who released, and when. Give it to a listener as
 * its `observer`, and draw or count what it has to tell.
 *
 * @example
 * ```ts
 * const recorder = new ContentionRecorder()
 * const listener = new OtelListener({ observer: recorder })
 * // … later
 * const { facts, held } = recorder.all()
 * ```
 */
export class ContentionRecorder implements LockObserver {
  readonly #names: OwnerNames
  readonly #bound: number
  readonly #window: number
  /** Oldest first; those before `#head` are forgotten and wait to be cut off. */
  #facts: ContentionFact[] = []
  #head = 0
  #seq = 0
  #until: HrTime | undefined
  readonly #held = new Set<Hold>()

  /** @throws TypeError naming the option that is wrong */
  constructor(options: ContentionRecorderOptions = {}) {
    const { ownerId = 'keep', facts = 200_000, window = Number.POSITIVE_INFINITY } = options
    if (ownerId !== 'keep' && ownerId !== 'hash' && ownerId !== 'drop') {
      throw new TypeError(
        `ContentionRecorder: ownerId must be one of 'keep', 'hash', 'drop', got ${String(ownerId)}`,
      )
    }
    if (!(Number.isInteger(facts) || facts === Number.POSITIVE_INFINITY) || facts < 1) {
      throw new TypeError(
        `ContentionRecorder: facts must be a whole number of at least 1, got ${String(facts)}`,
      )
    }
    if (typeof window !== 'number' || !(window > 0)) {
      throw new TypeError(`ContentionRecorder: window must be seconds above 0, got ${String(window)}`)
    }
    this.#names = new OwnerNames(ownerId)
    this.#bound = facts
    this.#window = window
  }

  operation(operation: Operation, hold: Hold | undefined): void {
    if (operation.kind === 'acquire') this.#acquire(operation, hold)
    else if (operation.kind === 'release') this.#release(operation)
  }

  renewal(renewal: Renewal, hold: Hold | undefined): void {
    const { lockId, storageName, start, end, outcome, lossReason, errorType } = renewal
    const lease = hold?.leaseExpireTime
    this.#add({
      kind: 'renewal',
      lockId,
      ownerId: this.#names.of(renewal.ownerId),
      storageName,
      rootId: hold?.rootId ?? '',
      start,
      end,
      outcome,
      lossReason,
      countsAsLoss:
        outcome === 'lost' &&
        lossReason !== undefined &&
        (hold === undefined || (!renewal.lossCertain && hold.end === undefined)),
      headroom:
        outcome === 'renewed' && lease !== undefined ? Math.max(0, secondsBetween(end, lease)) : undefined,
      errorType,
    })
  }

  holdEnded(hold: Hold, reason: LossReason | undefined): void {
    this.#held.delete(hold)
    this.#add(this.#holdFact(hold, hold.endedAt ?? hold.acquiredAt, reason))
  }

  /** The number of the newest fact; 0 before the first. */
  get seq(): number {
    return this.#seq
  }

  /** Everything remembered. */
  all(open?: OpenAcquires): ContentionFacts {
    return this.since(0, open)
  }

  /**
   * What came after the fact with this number, and the locks held now.
   *
   * @param open who waits now and what time it is, as `OtelListener.waiting()` tells
   * @param seq the `seq` of an earlier answer; where facts after it are forgotten already, all that is left
   */
  since(seq: number, open?: OpenAcquires): ContentionFacts {
    const facts = this.#facts
    const oldest = facts[this.#head]?.seq ?? this.#seq + 1
    const from = this.#head + Math.max(0, seq + 1 - oldest)
    const until = latest(this.#until, open?.now)
    const held: HoldFact[] = []
    for (const hold of this.#held) {
      const end = until === undefined || compareHrTime(until, hold.acquiredAt) < 0 ? hold.acquiredAt : until
      held.push({ ...this.#holdFact(hold, end, undefined), seq: 0 })
    }
    const waiting = (open?.acquires ?? []).map((acquire) => this.#waitingFact(acquire, until))
    return { facts: facts.slice(from), held, waiting, until, seq: this.#seq, forgotten: oldest - 1 }
  }

  #acquire(acquire: AcquireOperation, hold: Hold | undefined): void {
    const holders: AcquireFact['holders'] = acquire.holders.map((holder) => ({
      ownerId: this.#names.of(holder.ownerId),
      since: holder.lockBeginTime,
    }))
    this.#add({
      kind: 'acquire',
      lockId: acquire.lockId,
      ownerId: this.#names.of(acquire.ownerId),
      storageName: acquire.storageName,
      rootId: acquire.rootId,
      start: acquire.start,
      end: acquire.end,
      outcome: acquire.outcome,
      complete: acquire.complete,
      finished: acquire.finished,
      attempts: acquire.attempts,
      triedAfter: acquire.triedAt.map((at) => secondsBetween(acquire.start, at)),
      busy: acquire.busy,
      versionMisses: acquire.versionMisses,
      acquiredAt: acquire.acquiredAt,
      reentrant: acquire.reentrant,
      takeover: acquire.takeover,
      fencingToken: acquire.record?.version,
      errorType: acquire.errorType,
      holders,
    })
    if (hold !== undefined && hold.end === undefined) this.#hold(hold)
  }

  #release(release: ReleaseOperation): void {
    const { lockId, storageName, rootId, start, end, outcome, complete, finished, releasedAt } = release
    this.#add({
      kind: 'release',
      lockId,
      ownerId: this.#names.of(release.ownerId),
      storageName,
      rootId,
      start,
      end,
      outcome,
      complete,
      finished,
      releasedAt,
      errorType: release.errorType,
    })
  }

  #waitingFact(acquire: WaitingAcquire, until: HrTime | undefined): AcquireFact {
    const { lockId, storageName, rootId, start, triedAt } = acquire
    return {
      kind: 'acquire',
      seq: 0,
      lockId,
      ownerId: this.#names.of(acquire.ownerId),
      storageName,
      rootId,
      start,
      end: latest(start, until) ?? start,
      outcome: 'unknown',
      complete: false,
      finished: false,
      attempts: triedAt.length,
      triedAfter: triedAt.map((at) => secondsBetween(start, at)),
      // The last attempt may be under way still.
      busy: Math.max(0, triedAt.length - 1),
      versionMisses: 0,
      acquiredAt: undefined,
      reentrant: false,
      takeover: false,
      fencingToken: undefined,
      errorType: undefined,
      holders: [],
    }
  }

  #hold(hold: Hold): void {
    this.#held.add(hold)
    // A register that was full forgot its oldest hold without a word.
    if (this.#held.size > this.#bound) this.#held.delete(this.#held.values().next().value as Hold)
  }

  #holdFact(hold: Hold, end: HrTime, reason: LossReason | undefined): Omit<HoldFact, 'seq'> {
    return {
      kind: 'hold',
      lockId: hold.lockId,
      ownerId: this.#names.of(hold.ownerId),
      storageName: hold.storageName,
      rootId: hold.rootId,
      start: hold.acquiredAt,
      end,
      how: hold.end ?? 'held',
      lossReason: reason,
      leaseExpireTime: hold.leaseExpireTime,
      renewals: hold.renewals,
      failedRenewals: hold.failedRenewals,
      fencingToken: hold.fencingToken,
    }
  }

  #add(fact: NewFact): void {
    this.#facts.push({ ...fact, seq: ++this.#seq })
    if (this.#until === undefined || compareHrTime(this.#until, fact.end) < 0) this.#until = fact.end
    if (this.#facts.length - this.#head > this.#bound) this.#head += 1
    while (this.#window !== Number.POSITIVE_INFINITY) {
      const oldest = this.#facts[this.#head]
      if (oldest === undefined || secondsBetween(oldest.end, this.#until) <= this.#window) break
      this.#head += 1
    }
    if (this.#head > 1024 && this.#head * 2 > this.#facts.length) {
      this.#facts = this.#facts.slice(this.#head)
      this.#head = 0
    }
    this.#names.keepWithin(this.#facts.length + this.#held.size)
  }
}

function latest(a: HrTime | undefined, b: HrTime | undefined): HrTime | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareHrTime(a, b) < 0 ? b : a
}
