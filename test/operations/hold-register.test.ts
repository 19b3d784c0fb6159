import type { HrTime } from '@opentelemetry/api'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Hold } from '../../src/operations/hold.js'
import { HoldRegister } from '../../src/operations/hold-register.js'
import type {
  AcquireOperation,
  LossReason,
  ReleaseOperation,
  Renewal,
} from '../../src/operations/operation.js'
import { TreeNode } from '../../src/trees/node.js'

let register: HoldRegister
let ended: {
  owner: string
  end: string | undefined
  at: number | undefined
  reason: LossReason | undefined
}[]
let dropped: number

function begin(bound = 100): void {
  ended = []
  dropped = 0
  register = new HoldRegister(
    bound,
    (hold, reason) => ended.push({ owner: hold.ownerId, end: hold.end, at: hold.endedAt?.[0], reason }),
    () => (dropped += 1),
  )
}

beforeEach(() => begin())

const second = (seconds: number): HrTime => [seconds, 0]

interface Details {
  readonly lock?: string
  readonly owner?: string
  readonly at?: number
  readonly dog?: string
  readonly began?: number | undefined
  readonly lease?: number
  readonly count?: number
  readonly outcome?: string
  readonly reentrant?: boolean
  readonly takeover?: boolean
}

const record = (of: Details): AcquireOperation['record'] => ({
  ownerId: of.owner ?? 'A',
  version: 1,
  lockCount: of.count ?? 1,
  lockBeginTime: of.began === undefined ? undefined : second(of.began),
  leaseExpireTime: of.lease === undefined ? undefined : second(of.lease),
})

let roots = 0

function base(of: Details): object {
  roots += 1
  return {
    rootId: `root-${roots}`,
    lockId: of.lock ?? 'lock',
    ownerId: of.owner ?? 'A',
    storageName: 'memory',
    start: second(of.at ?? 0),
    end: second(of.at ?? 0),
    watchDogId: of.dog ?? '',
    record: record(of),
    storageCalls: [],
    failures: new Map(),
  }
}

const acquire = (of: Details = {}): Hold | undefined =>
  register.acquired(
    {
      ...base(of),
      kind: 'acquire',
      outcome: of.outcome ?? 'acquired',
      acquiredAt: second(of.at ?? 10),
      reentrant: of.reentrant ?? false,
      takeover: of.takeover ?? false,
    } as AcquireOperation,
    'tree',
    'link',
  )

function release(of: Details = {}): Hold | undefined {
  const operation = {
    ...base(of),
    kind: 'release',
    outcome: of.outcome ?? 'released',
    releasedAt: of.outcome === undefined || of.outcome === 'released' ? second(of.at ?? 20) : undefined,
  } as ReleaseOperation
  const hold = register.releasedBy(operation)
  register.released(operation, hold)
  return hold
}

function renew(of: Details & { certain?: boolean; reason?: LossReason }): Hold | undefined {
  const renewal = {
    ...base(of),
    node: new TreeNode('n', undefined, 0),
    outcome: of.outcome ?? 'renewed',
    lossReason: of.reason,
    lossCertain: of.certain ?? true,
    end: second(of.at ?? 15),
  } as unknown as Renewal
  const hold = register.renewedBy(renewal)
  if (hold !== undefined) register.renewed(renewal, hold)
  return hold
}

describe('a hold', () => {
  it('lasts from its acquire to its release', () => {
    const hold = acquire({ at: 10 })
    expect([...register.holds()]).toEqual([hold])
    expect(release({ at: 20 })).toBe(hold)
    expect(ended).toEqual([{ owner: 'A', end: 'released', at: 20, reason: undefined }])
    expect(register.size).toBe(0)
    expect(hold?.handle).toBeUndefined()
    expect(hold?.link).toBe('link')
  })

  it('does not begin with an acquire that failed', () => {
    expect(acquire({ outcome: 'timeout' })).toBeUndefined()
    expect(register.size).toBe(0)
  })

  it('never ends before it began', () => {
    acquire({ at: 10 })
    release({ at: 5 })
    expect(ended[0]?.at).toBe(10)
  })

  it('ends once', () => {
    acquire()
    release()
    release()
    expect(ended).toHaveLength(1)
  })
})

describe('a release', () => {
  it('belongs first to the hold of its watch dog', () => {
    const first = acquire({ dog: 'rex', began: 1 })
    acquire({ dog: 'bello', began: 2 })
    expect(release({ dog: 'rex', began: 2 })).toBe(first)
  })

  it('belongs else to the hold of its record: lock, owner and begin', () => {
    const first = acquire({ began: 1 })
    acquire({ began: 2 })
    expect(release({ dog: 'unknown', began: 1 })).toBe(first)
  })

  it('belongs, of several with the same record, to the latest', () => {
    acquire({ began: 1 })
    const latest = acquire({ began: 1 })
    expect(release({ began: 1 })).toBe(latest)
  })

  it('belongs else to the latest hold of its owner', () => {
    acquire({ began: 1 })
    const latest = acquire({ began: 2 })
    acquire({ owner: 'B', began: 3 })
    expect(release({})).toBe(latest)
  })

  it('of another lock or owner belongs to none', () => {
    acquire()
    expect(release({ lock: 'other' })).toBeUndefined()
    expect(release({ owner: 'B' })).toBeUndefined()
    expect(ended).toEqual([])
  })

  it('that is refused or fails ends nothing', () => {
    acquire()
    release({ outcome: 'refused' })
    release({ outcome: 'error' })
    expect(register.size).toBe(1)
  })

  it('that came before its acquire ends the hold as soon as it begins', () => {
    release({ dog: 'rex', at: 20 })
    release({ lock: 'other', began: 3, at: 21 })
    acquire({ dog: 'rex', at: 10 })
    acquire({ lock: 'other', began: 3, at: 11 })
    expect(ended.map(({ end, at }) => `${end} ${at}`)).toEqual(['released 20', 'released 21'])
  })

  it('that came before is not taken for that of a later hold of the same owner', () => {
    release({ began: 3 })
    acquire({ began: 4 })
    expect(register.size).toBe(1)
  })

  it('after the end of the lease is still of that hold', () => {
    const hold = acquire({ began: 1, lease: 15 })
    register.expire(second(18))
    expect(release({ began: 1 })).toBe(hold)
    expect(ended).toHaveLength(1)
  })
})

describe('a reentrant lock', () => {
  it('is one hold, however often it is acquired, until it is released in full', () => {
    const hold = acquire({ began: 1, lease: 30 })
    expect(acquire({ began: 1, reentrant: true, count: 2, lease: 40 })).toBe(hold)
    expect(register.size).toBe(1)
    expect(hold?.depth).toBe(2)
    expect(hold?.leaseExpireTime).toEqual(second(40))
    release({ began: 1, outcome: 'reentry', count: 1 })
    expect(hold?.depth).toBe(1)
    expect(ended).toEqual([])
    release({ began: 1 })
    expect(ended).toHaveLength(1)
  })

  it('is one hold also where the records say nothing', () => {
    const hold = acquire({})
    expect(acquire({ reentrant: true })).toBe(hold)
    acquire({ owner: 'B', reentrant: true })
    expect(register.size).toBe(2)
  })
})

describe('a takeover', () => {
  it('ends the hold it takes over, as expired when its lease ended', () => {
    acquire({ owner: 'A', began: 1, lease: 15 })
    acquire({ owner: 'B', began: 20, at: 20, takeover: true })
    expect(ended).toEqual([{ owner: 'A', end: 'expired', at: 15, reason: 'expired' }])
    expect([...register.holds()].map((hold) => hold.ownerId)).toEqual(['B'])
  })

  it('ends it at the takeover where its lease is not known, or ran longer', () => {
    acquire({ owner: 'A' })
    acquire({ owner: 'B', at: 20, takeover: true })
    acquire({ owner: 'C', at: 30, takeover: true, lease: 99 })
    acquire({ owner: 'D', at: 40, takeover: true })
    expect(ended.map(({ at }) => at)).toEqual([20, 30, 40])
  })
})

describe('a lease', () => {
  it('runs as long as the last renewal said', () => {
    acquire({ dog: 'rex', lease: 15 })
    const hold = renew({ dog: 'rex', lease: 45 })
    renew({ dog: 'rex', lease: 30 })
    expect(hold?.leaseExpireTime).toEqual(second(45))
    expect(hold?.renewals).toBe(2)
    register.expire(second(40))
    expect(ended).toEqual([])
    register.expire(second(46))
    expect(ended).toEqual([{ owner: 'A', end: 'expired', at: 45, reason: 'expired' }])
  })

  it('that is not known never ends', () => {
    acquire({})
    register.expire(second(2 ** 31))
    expect(register.size).toBe(1)
  })

  it('that is lost ends the hold there and then', () => {
    acquire({ dog: 'rex' })
    renew({ dog: 'rex', outcome: 'error' })
    expect(ended).toEqual([])
    renew({ dog: 'rex', outcome: 'lost', reason: 'not_owner', at: 17 })
    expect(ended).toEqual([{ owner: 'A', end: 'lost', at: 17, reason: 'not_owner' }])
  })

  it('that may be lost leaves the hold be', () => {
    acquire({ dog: 'rex' })
    renew({ dog: 'rex', outcome: 'lost', reason: 'not_found', certain: false })
    expect(register.size).toBe(1)
  })

  it('is renewed by its own watch dog; without one, by its owner', () => {
    acquire({ dog: 'rex' })
    expect(renew({ dog: 'bello' })).toBeUndefined()
    expect(renew({ dog: '' })?.watchDogId).toBe('rex')
    expect(renew({ dog: '', owner: 'B' })).toBeUndefined()
  })
})

describe('the holder of a record', () => {
  it('is found while it holds the lock, and a while after', () => {
    const hold = acquire({ began: 1 })
    const seen = { ...record({ began: 1 })! }
    expect(register.find('lock', seen)).toBe(hold)
    release({ began: 1 })
    expect(register.find('lock', seen)).toBe(hold)
    expect(register.find('other', seen)).toBeUndefined()
    expect(register.find('lock', { ...seen, ownerId: 'B' })).toBeUndefined()
  })

  it('is told apart from the same owner’s next hold', () => {
    const first = acquire({ began: 1 })
    release({ began: 1 })
    acquire({ began: 2 })
    expect(register.find('lock', record({ began: 1 })!)).toBe(first)
  })
})

it('remembers as many holds as its bound allows, and counts those it forgets', () => {
  begin(3)
  for (let i = 0; i < 10; i++) acquire({ lock: `lock-${i}`, dog: `dog-${i}` })
  expect(register.size).toBe(3)
  expect(dropped).toBe(7)
  expect(release({ lock: 'lock-0', dog: 'dog-0' })).toBeUndefined()
  expect(release({ lock: 'lock-9', dog: 'dog-9' })?.lockId).toBe('lock-9')
  expect(ended).toHaveLength(1)
})

it('stays small however many locks are taken and released', () => {
  begin(1000)
  for (let i = 0; i < 20_000; i++) {
    acquire({ lock: `lock-${i}`, began: i, at: i })
    release({ lock: `lock-${i}`, began: i, at: i + 1 })
  }
  expect(register.size).toBe(0)
  expect(ended).toHaveLength(20_000)
  // The last are found still, the first are not.
  expect(register.find('lock-19999', record({ began: 19_999 })!)).toBeDefined()
  expect(register.find('lock-0', record({ began: 0 })!)).toBeUndefined()
})
