import {
  type AcquireFact,
  type ContentionFact,
  type ContentionFacts,
  type HoldFact,
  type ReleaseFact,
  type RenewalFact,
  traceIdOf,
} from 'storage-lock-otel'
import {
  ACQUIRE_OUTCOMES,
  AcquireFlag,
  HOLD_ENDS,
  LOSS_REASONS,
  type PageData,
  RELEASE_OUTCOMES,
  RENEWAL_OUTCOMES,
  RenewalFlag,
} from './model/page-data.js'

type Time = ContentionFact['start']

const SECOND = 1_000_000_000

/** Puts facts into the columns that the page reads. */
export function encodeFacts(contention: ContentionFacts): PageData {
  const { facts, held, waiting } = contention
  const base = earliest([...facts, ...held, ...waiting]) ?? contention.until ?? [0, 0]
  const locks = new Table<readonly [string, string]>()
  const owners = new Table<string>()
  const errors = new Table<string>()

  const common = <Fact extends ContentionFact>(rows: readonly Fact[], outcome: (fact: Fact) => number) => {
    let last = 0
    return {
      seq: rows.map((fact) => fact.seq),
      lock: rows.map((fact) =>
        locks.indexOf(`${fact.storageName}\n${fact.lockId}`, () => [fact.storageName, fact.lockId]),
      ),
      owner: rows.map((fact) => owners.indexOf(fact.ownerId, () => fact.ownerId)),
      start: rows.map((fact) => {
        const start = nanoseconds(base, fact.start)
        const difference = start - last
        last = start
        return difference
      }),
      length: rows.map((fact) => Math.max(0, nanoseconds(fact.start, fact.end))),
      outcome: rows.map(outcome),
    }
  }
  const error = (fact: { readonly errorType: string | undefined }): number =>
    fact.errorType === undefined ? 0 : errors.indexOf(fact.errorType, () => fact.errorType as string) + 1

  const acquires = [...ofKind<AcquireFact>(facts, 'acquire'), ...waiting]
  const holds = [...ofKind<HoldFact>(facts, 'hold'), ...held]
  const releases = ofKind<ReleaseFact>(facts, 'release')
  const renewals = ofKind<RenewalFact>(facts, 'renewal')
  const tries: number[] = []
  const holders: number[] = []

  const columns = {
    acquires: {
      ...common(acquires, (fact) => ACQUIRE_OUTCOMES.indexOf(fact.outcome)),
      traces: traces(acquires),
      flags: acquires.map(
        (fact) =>
          (fact.complete ? AcquireFlag.Complete : 0) |
          (fact.finished ? AcquireFlag.Finished : 0) |
          (fact.reentrant ? AcquireFlag.Reentrant : 0) |
          (fact.takeover ? AcquireFlag.Takeover : 0),
      ),
      attempts: acquires.map((fact) => fact.attempts),
      busy: acquires.map((fact) => fact.busy),
      misses: acquires.map((fact) => fact.versionMisses),
      after: acquires.map((fact) =>
        fact.acquiredAt === undefined ? -1 : Math.max(0, nanoseconds(fact.acquiredAt, fact.end)),
      ),
      token: acquires.map((fact) => token(fact.fencingToken)),
      error: acquires.map(error),
      tried: acquires.map((fact) => {
        let last = 0
        for (const seconds of fact.triedAfter) {
          const at = Math.round(seconds * 1e6)
          tries.push(at - last)
          last = at
        }
        return fact.triedAfter.length
      }),
      tries,
      met: acquires.map((fact) => {
        for (const { ownerId } of fact.holders) holders.push(owners.indexOf(ownerId, () => ownerId))
        return fact.holders.length
      }),
      holders,
    },
    holds: {
      ...common(holds, (fact) => HOLD_ENDS.indexOf(fact.how)),
      traces: traces(holds),
      lease: holds.map((fact) =>
        fact.leaseExpireTime === undefined ? -1 : Math.max(0, nanoseconds(fact.start, fact.leaseExpireTime)),
      ),
      renewals: holds.map((fact) => fact.renewals),
      failures: holds.map((fact) => fact.failedRenewals),
      token: holds.map((fact) => token(fact.fencingToken)),
      reason: holds.map((fact) => reason(fact)),
    },
    releases: {
      ...common(releases, (fact) => RELEASE_OUTCOMES.indexOf(fact.outcome)),
      traces: traces(releases),
      flags: releases.map(
        (fact) => (fact.complete ? AcquireFlag.Complete : 0) | (fact.finished ? AcquireFlag.Finished : 0),
      ),
      error: releases.map(error),
    },
    renewals: {
      ...common(renewals, (fact) => RENEWAL_OUTCOMES.indexOf(fact.outcome)),
      flags: renewals.map((fact) => (fact.countsAsLoss ? RenewalFlag.CountsAsLoss : 0)),
      reason: renewals.map((fact) => reason(fact)),
      headroom: renewals.map((fact) =>
        fact.headroom === undefined ? -1 : Math.round(fact.headroom * SECOND),
      ),
      error: renewals.map(error),
    },
  }
  return {
    version: 1,
    base: [base[0], base[1]],
    until: contention.until === undefined ? -1 : nanoseconds(base, contention.until),
    seq: contention.seq,
    forgotten: contention.forgotten,
    locks: locks.rows,
    owners: owners.rows,
    errors: errors.rows,
    ...columns,
  }
}

/** Distinct values, each known by its place. */
class Table<Value> {
  readonly rows: Value[] = []
  readonly #places = new Map<string, number>()

  indexOf(key: string, value: () => Value): number {
    let place = this.#places.get(key)
    if (place === undefined) {
      place = this.rows.push(value()) - 1
      this.#places.set(key, place)
    }
    return place
  }
}

function ofKind<Fact extends ContentionFact>(facts: readonly ContentionFact[], kind: Fact['kind']): Fact[] {
  return facts.filter((fact) => fact.kind === kind) as Fact[]
}

function earliest(facts: readonly ContentionFact[]): Time | undefined {
  let first: Time | undefined
  for (const { start } of facts) {
    if (first === undefined || nanoseconds(first, start) < 0) first = start
  }
  return first
}

/** From one moment to another; exact for 104 days. */
function nanoseconds(from: Time, to: Time): number {
  return (to[0] - from[0]) * SECOND + (to[1] - from[1])
}

function traces(facts: readonly { readonly rootId: string }[]): string {
  return Buffer.from(facts.map((fact) => traceIdOf(fact.rootId)).join(''), 'hex').toString('base64')
}

/** Integers beyond 2^53 as text, none as "". */
function token(value: number | bigint | undefined): number | string {
  if (value === undefined) return ''
  return typeof value === 'bigint' ? String(value) : value
}

function reason({ lossReason }: HoldFact | RenewalFact): number {
  return lossReason === undefined ? 0 : LOSS_REASONS.indexOf(lossReason)
}
