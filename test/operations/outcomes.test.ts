import { describe, expect, it } from 'vitest'
import { ActionName, type Event, EventType } from '../../src/index.js'
import type { Hold } from '../../src/operations/hold.js'
import type { LockObserver } from '../../src/operations/observer.js'
import type {
  AcquireOperation,
  LossReason,
  Operation,
  ReleaseOperation,
  Renewal,
} from '../../src/operations/operation.js'
import { Story } from '../support/story.js'
import { createTelemetry, ManualClock } from '../support/telemetry.js'

interface Facts {
  readonly acquires: AcquireOperation[]
  readonly releases: ReleaseOperation[]
  readonly others: Operation[]
  readonly renewals: { renewal: Renewal; hold: Hold | undefined }[]
  readonly ends: { hold: Hold; reason: LossReason | undefined }[]
}

/** What the lines meant, as an observer is told. */
async function factsOf(lines: readonly Event[]): Promise<Facts> {
  const facts: Facts = { acquires: [], releases: [], others: [], renewals: [], ends: [] }
  const observer: LockObserver = {
    operation: (operation) => {
      if (operation.kind === 'acquire') facts.acquires.push(operation)
      else if (operation.kind === 'release') facts.releases.push(operation)
      else facts.others.push(operation)
    },
    renewal: (renewal, hold) => facts.renewals.push({ renewal, hold }),
    holdEnded: (hold, reason) => facts.ends.push({ hold, reason }),
  }
  const telemetry = createTelemetry({ observer, settle: 250, clock: new ManualClock() })
  await telemetry.tell(lines)
  await telemetry.close()
  return facts
}

const tell = (story: (told: Story) => void): Promise<Facts> => {
  const told = new Story()
  story(told)
  return factsOf(told.lines)
}

const without = (lines: readonly Event[], ...names: string[]): Event[] =>
  lines.filter((line) => !line.actions.some((action) => names.includes(action.name)))

describe('a call of Lock', () => {
  it.each([
    [0, 0],
    [3, 0],
    [0, 2],
    [4, 1],
  ])('that was acquired after %i busy and %i missed attempts', async (busy, versionMisses) => {
    const { acquires } = await tell((story) => story.lock({ busy, versionMisses }))
    expect(acquires).toMatchObject([
      {
        outcome: 'acquired',
        busy,
        versionMisses,
        attempts: busy + versionMisses + 1,
        finished: true,
        complete: true,
        takeover: false,
        reentrant: false,
        errorType: undefined,
      },
    ])
    expect(acquires[0]?.record).toMatchObject({ ownerId: 'owner-A', version: 1, lockCount: 1 })
    expect(acquires[0]?.failures.size).toBe(0)
  })

  it('that timed out has as many attempts as it had contentions', async () => {
    const { acquires } = await tell((story) => story.lock({ busy: 3, outcome: 'timeout' }))
    expect(acquires).toMatchObject([{ outcome: 'timeout', attempts: 3, busy: 3, errorType: 'timeout' }])
    expect(acquires[0]?.acquiredAt).toBeUndefined()
  })

  it('that failed is told by the class of its error, and fails only where it did', async () => {
    const { acquires } = await tell((story) => story.lock({ versionMisses: 1, outcome: 'error' }))
    expect(acquires).toMatchObject([
      { outcome: 'error', attempts: 2, errorType: '57P01', errorMessage: 'terminating connection' },
    ])
    const failed = [...(acquires[0]?.failures.keys() ?? [])].map((node) => node.id)
    expect(new Set(failed).size).toBe(4)
    const calls = acquires[0]?.storageCalls.map((call) => `${call.operation} ${call.outcome}`)
    expect(calls).toEqual(['get miss', 'get_time ok', 'create miss', 'get error'])
  })

  it('whose error says nothing takes what a cause of it says', async () => {
    const { acquires } = await tell((story) => {
      story.lock({ outcome: 'error' })
      for (const line of story.lines) {
        for (const action of line.actions) if (action.name === ActionName.LockError) action.err = {}
      }
    })
    expect(acquires).toMatchObject([{ outcome: 'error', errorType: '57P01' }])
  })

  it('that finished with its result lost is unknown, and measured', async () => {
    const story = new Story()
    story.lock({ busy: 1 })
    const { acquires } = await factsOf(without(story.lines, ActionName.LockSuccess))
    expect(acquires).toMatchObject([{ outcome: 'unknown', finished: true, complete: true, attempts: 2 }])
  })

  it('of which the Finish was lost is told by its result, as unfinished', async () => {
    const story = new Story()
    story.lock()
    const { acquires } = await factsOf(without(story.lines, ActionName.LockFinish))
    expect(acquires).toMatchObject([{ outcome: 'acquired', finished: false, complete: true }])
  })

  it('that never ended is unknown, and not measured', async () => {
    const { acquires } = await tell((story) => story.lock({ busy: 2, outcome: 'unfinished' }))
    expect(acquires).toMatchObject([{ outcome: 'unknown', finished: false, complete: false, busy: 2 }])
  })

  it('of the owner is a reentry', async () => {
    const { acquires } = await tell((story) => {
      const held = story.lock()
      story.lock({ by: 'reentry', holder: held })
    })
    expect(acquires.map((each) => each.reentrant)).toEqual([false, true])
    expect(acquires[1]).toMatchObject({ takeover: false, record: { lockCount: 2 } })
  })

  it('that takes over what another left is a takeover', async () => {
    const { acquires } = await tell((story) => story.lock({ by: 'takeover' }))
    expect(acquires).toMatchObject([{ outcome: 'acquired', takeover: true, reentrant: false }])
  })

  it('that takes a record v0.0.5 left released is none', async () => {
    const { acquires } = await tell((story) => {
      story.lock({ by: 'takeover' })
      for (const line of story.lines) {
        for (const action of line.actions) {
          const payload = action.payloadMap
          const json = payload?.['lockInformationJsonString']
          if (typeof json === 'string')
            payload!['lockInformationJsonString'] = json.replace('"lock_count":1', '"lock_count":0')
        }
      }
    })
    expect(acquires).toMatchObject([{ outcome: 'acquired', takeover: false }])
  })

  it('names those who held the lock while it waited, the latest eight at most', async () => {
    const { acquires } = await tell((story) => {
      const root = story.publish(story.act(story.event(EventType.Lock), ActionName.LockBegin))
      for (let i = 0; i < 12; i++) {
        story.wait(1)
        const record = { owner_id: `owner-${i}`, lock_begin_time: `2026-11-23T00:00:${10 + i}Z` }
        for (let again = 0; again < 3; again++)
          story.say(EventType.Lock, root, ActionName.LockBusy, { payload: { lockInformation: record } })
      }
      story.say(EventType.Lock, root, ActionName.LockFinish)
    })
    expect(acquires[0]?.holders.map((holder) => holder.ownerId)).toEqual(
      Array.from({ length: 8 }, (_, i) => `owner-${i + 4}`),
    )
  })

  it('takes a dog’s id from WatchDog.Create alone: an old dog may be stopped in a new tree', async () => {
    const story = new Story()
    const old = story.lock()
    const held = story.lock({ watchDog: false })
    story.say(EventType.Lock, held.root, ActionName.WatchDogStop, { dog: old.dog?.watchDogId ?? '' })
    const { acquires } = await factsOf(story.lines)
    expect(acquires.map((each) => each.watchDogId)).toEqual([old.dog?.watchDogId, ''])
  })
})

describe('a call of Unlock', () => {
  it.each([
    ['released', undefined],
    ['reentry', undefined],
    ['refused', 'not_lock_owner'],
    ['error', '57P01'],
  ] as const)('that was %s', async (kind, errorType) => {
    const { releases } = await tell((story) => story.unlock(story.lock(), kind))
    expect(releases).toMatchObject([{ outcome: kind, errorType, finished: true, complete: true }])
    expect(releases[0]?.releasedAt !== undefined).toBe(kind === 'released')
  })

  it('lasts from its earliest line to its Finish though its root is never published', async () => {
    const story = new Story()
    const held = story.lock()
    const rootId = story.unlock(held)
    const { releases } = await factsOf(story.lines)
    const lines = story.lines.filter((line) => line.rootId === rootId)
    expect(releases[0]?.rootId).toBe(rootId)
    expect(releases[0]?.start).toEqual(lines[0]?.startTime)
    expect(releases[0]?.end).toEqual(lines.at(-1)?.endTime)
  })

  it('whose result was lost is unknown', async () => {
    const story = new Story()
    story.unlock(story.lock())
    const { releases } = await factsOf(without(story.lines, ActionName.UnlockSuccess))
    expect(releases).toMatchObject([{ outcome: 'unknown', complete: true }])
  })
})

describe('a renewal', () => {
  it('that succeeded carries the new lease, and lasts as long as its storage calls', async () => {
    const { renewals } = await tell((story) => story.renew(story.lock()))
    expect(renewals).toMatchObject([
      {
        renewal: { outcome: 'renewed', lossReason: undefined, errorType: undefined, record: { version: 2 } },
      },
    ])
    expect(renewals[0]?.hold?.renewals).toBe(1)
  })

  it('that failed leaves the lock held', async () => {
    const { renewals, ends } = await tell((story) => story.renew(story.lock(), 'error'))
    expect(renewals).toMatchObject([{ renewal: { outcome: 'error', errorType: '57P01' } }])
    expect(renewals[0]?.hold?.failedRenewals).toBe(1)
    expect(ends).toEqual([])
  })

  it.each([
    ['not_owner', 'not_lock_owner'],
    ['not_found', 'lock_not_found'],
  ] as const)('that found the lease lost (%s) ends the hold', async (kind, errorType) => {
    const { renewals, ends } = await tell((story) => {
      const held = story.lock()
      story.renew(held)
      story.renew(held, kind)
    })
    expect(renewals[1]).toMatchObject({
      renewal: { outcome: 'lost', lossReason: kind, lossCertain: true, errorType },
    })
    expect(ends).toMatchObject([{ reason: kind, hold: { end: 'lost', renewals: 1, failedRenewals: 1 } }])
  })

  it('of v0.0.5, which looks up a lock without a name, is no certain loss', async () => {
    const { renewals, ends } = await tell((story) => {
      const held = story.lock()
      story.renew(held, 'not_found')
      for (const line of story.lines) {
        const payload = line.actions[0]?.payloadMap
        if (line.watchDogId !== '' && payload?.['lockId'] !== undefined) payload['lockId'] = ''
      }
      story.unlock(held)
    })
    expect(renewals).toMatchObject([{ renewal: { outcome: 'lost', lossCertain: false } }])
    expect(ends).toMatchObject([{ reason: undefined, hold: { end: 'released' } }])
  })

  it('before the Finish of its Lock is a renewal all the same', async () => {
    const story = new Story()
    const held = story.lock()
    story.renew(held)
    const finish = story.lines.findIndex((line) => line.actions[0]?.name === ActionName.LockFinish)
    const [line] = story.lines.splice(finish, 1)
    line!.startTime = line!.endTime = line!.actions[0]!.startTime = [2_000_000_000, 0]
    const { renewals } = await factsOf([...story.lines, line!])
    expect(renewals).toHaveLength(1)
  })
})

describe('any other tree', () => {
  it('is a creation, the reading of a fencing token, or of the user’s own', async () => {
    const { others } = await tell((story) => {
      story.create()
      const token = story.event(EventType.Unknown)
      const info = story.say(EventType.Unknown, token, ActionName.GetLockInformationBegin)
      story.say(EventType.Unknown, info, ActionName.StorageGet, { timed: true })
      story.say(EventType.Unknown, info, ActionName.StorageGetSuccess)
      const own = story.event(EventType.Unknown)
      own.err = new RangeError('too far')
      story.publish(story.act(own, 'my.own'))
    })
    expect(others.map((each) => each.kind)).toEqual(
      expect.arrayContaining(['create', 'fencing_token', 'other']),
    )
    expect(others.find((each) => each.kind === 'other')).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'too far',
    })
    expect(others.find((each) => each.kind === 'create')?.errorType).toBeUndefined()
  })
})
