import type {
  AcquireFact,
  ContentionFact,
  ContentionFacts,
  HoldFact,
  ReleaseFact,
  RenewalFact,
} from 'storage-lock-otel'
import { encodeFacts } from '../../src/report/encode.js'
import { Model } from '../../src/report/model/model.js'

type Time = AcquireFact['start']

/** A moment, in milliseconds after the beginning of the tests' time. */
export const at = (milliseconds: number): Time => [
  1_795_000_000 + Math.floor(milliseconds / 1000),
  Math.round((milliseconds - Math.floor(milliseconds / 1000) * 1000) * 1e6),
]

let serial = 0
const base = (ownerId: string, start: number, end: number, lockId = 'order-42') => {
  serial += 1
  return {
    seq: serial,
    lockId,
    ownerId,
    storageName: 'memory-storage',
    rootId: `storage-lock-event-${serial.toString(16).padStart(32, '0')}`,
    start: at(start),
    end: at(end),
  }
}

/** A wait that ended with the lock, unless told otherwise; contended when it has busy attempts. */
export function acquire(
  ownerId: string,
  start: number,
  end: number,
  more: Partial<AcquireFact> = {},
): AcquireFact {
  const busy = more.busy ?? 0
  return {
    kind: 'acquire',
    ...base(ownerId, start, end, more.lockId),
    outcome: 'acquired',
    complete: true,
    finished: true,
    attempts: busy + 1,
    triedAfter: Array.from({ length: busy + 1 }, (_, index) => (index * (end - start)) / 1000 / (busy + 2)),
    busy,
    versionMisses: 0,
    acquiredAt: at(end),
    reentrant: false,
    takeover: false,
    fencingToken: 1,
    errorType: undefined,
    holders: [],
    ...more,
  }
}

export function hold(ownerId: string, start: number, end: number, more: Partial<HoldFact> = {}): HoldFact {
  return {
    kind: 'hold',
    ...base(ownerId, start, end, more.lockId),
    how: 'released',
    lossReason: undefined,
    leaseExpireTime: at(start + 300_000),
    renewals: 0,
    failedRenewals: 0,
    fencingToken: 1,
    ...more,
  }
}

export function release(
  ownerId: string,
  start: number,
  end: number,
  more: Partial<ReleaseFact> = {},
): ReleaseFact {
  return {
    kind: 'release',
    ...base(ownerId, start, end, more.lockId),
    outcome: 'released',
    complete: true,
    finished: true,
    releasedAt: at(end),
    errorType: undefined,
    ...more,
  }
}

export function renewal(
  ownerId: string,
  start: number,
  end: number,
  more: Partial<RenewalFact> = {},
): RenewalFact {
  return {
    kind: 'renewal',
    ...base(ownerId, start, end, more.lockId),
    outcome: 'renewed',
    lossReason: undefined,
    countsAsLoss: false,
    headroom: 2,
    errorType: undefined,
    ...more,
  }
}

export function factsOf(facts: readonly ContentionFact[], held: readonly HoldFact[] = []): ContentionFacts {
  const until = [...facts, ...held].reduce<Time | undefined>(
    (latest, { end }) =>
      latest === undefined || end[0] > latest[0] || (end[0] === latest[0] && end[1] > latest[1])
        ? end
        : latest,
    undefined,
  )
  return { facts, held, waiting: [], until, seq: facts.at(-1)?.seq ?? 0, forgotten: 0 }
}

/** What the page makes of facts, through the form in which they are embedded. */
export function modelOf(facts: readonly ContentionFact[], held: readonly HoldFact[] = []): Model {
  const model = new Model()
  model.add(JSON.parse(JSON.stringify(encodeFacts(factsOf(facts, held)))))
  return model
}
