import type { HrTime } from '@opentelemetry/api'
import fc from 'fast-check'
import { Action, Event, type EventType } from '../../src/events/index.js'
import { type Held, type LockPlan, type RenewalKind, Story, type UnlockKind } from './story.js'

interface Step {
  readonly owner: 'owner-A' | 'owner-B'
  readonly lock: string
  readonly plan: LockPlan
  readonly renewals: readonly RenewalKind[]
  readonly again: boolean
  readonly unlock: UnlockKind | 'never'
}

const renewals = fc.constantFrom<RenewalKind>('renewed', 'renewed', 'error', 'not_owner', 'not_found')

const steps: fc.Arbitrary<Step> = fc.record({
  owner: fc.constantFrom('owner-A', 'owner-B'),
  lock: fc.constantFrom('order-42', 'order-43', 'report'),
  plan: fc.record({
    busy: fc.nat({ max: 3 }),
    versionMisses: fc.nat({ max: 2 }),
    outcome: fc.constantFrom('acquired', 'acquired', 'acquired', 'timeout', 'error', 'unfinished'),
    by: fc.constantFrom('create', 'create', 'takeover'),
    watchDog: fc.boolean(),
  }),
  renewals: fc.array(renewals, { maxLength: 3 }),
  again: fc.boolean(),
  unlock: fc.constantFrom('released', 'released', 'refused', 'error', 'never'),
})

/** What locks publish: taken at once or after a wait, or not, again, renewed, lost, given back. */
export const stories: fc.Arbitrary<Story> = fc
  .array(steps, { minLength: 1, maxLength: 4 })
  .map((plans) => {
    const story = new Story()
    let holder: Held | undefined
    story.create()
    for (const { owner, lock, plan, renewals: kinds, again, unlock } of plans) {
      story.ownerId = owner
      story.lockId = lock
      const held = story.lock(holder === undefined ? plan : { ...plan, holder })
      story.wait(0.01)
      if ((plan.outcome ?? 'acquired') !== 'acquired') continue
      const lost = kinds.findIndex((kind) => kind.startsWith('not_'))
      for (const kind of lost < 0 ? kinds : kinds.slice(0, lost + 1)) {
        if (held.dog !== undefined) story.renew(held, kind)
      }
      if (again) {
        story.lock({ by: 'reentry', holder: held })
        story.unlock(held, 'reentry')
      }
      if (unlock !== 'never') story.unlock(held, unlock)
      holder = held
    }
    return story
  })
  // A story is told, not printed.
  .map((story) =>
    Object.assign(story, { [fc.toStringMethod]: () => `a story of ${story.lines.length} lines` }),
  )

/** An event as a program of its own kind may make it; `parent` is the index of another, or of nobody. */
interface FreeEvent {
  readonly parent: number
  readonly published: boolean
  readonly type: EventType
  readonly start: number
  readonly length: number
  readonly failed: boolean
  readonly actions: readonly FreeAction[]
}

interface FreeAction {
  readonly name: string
  readonly offset: number
  readonly length: number | null
  readonly failed: boolean
  readonly payload: unknown
}

const freeEvents: fc.Arbitrary<FreeEvent> = fc.record({
  parent: fc.integer({ min: -1, max: 12 }),
  published: fc.boolean().chain((rarely) => (rarely ? fc.boolean() : fc.constant(true))),
  type: fc.constantFrom<EventType>(0, 1, 2, 3, 4),
  start: fc.nat({ max: 50 }),
  length: fc.integer({ min: -2, max: 40 }),
  failed: fc.boolean(),
  actions: fc.array(
    fc.record({
      name: fc.constantFrom('pay', 'pay.Begin', 'ask', 'Storage.Get', 'WatchDog.Stop', 'Sleep', ''),
      offset: fc.integer({ min: -5, max: 30 }),
      length: fc.option(fc.nat({ max: 20 })),
      failed: fc.boolean(),
      payload: fc.jsonValue({ maxDepth: 1 }),
    }),
    { maxLength: 3 },
  ),
})

/** A tenth of a second a step; steps below 0 too. */
const moment = (step: number): HrTime => [
  1_800_000_000 + Math.floor(step / 10),
  (((step % 10) + 10) % 10) * 100_000_000,
]
const idOf = (index: number): string => `event-${(index + 1).toString(16).padStart(16, '0')}`

/**
 * Trees that no lock would publish: own names, any parents (also in a circle, in nobody's tree, or never
 * published), errors, several actions. The first event is the root.
 */
export const freeTrees: fc.Arbitrary<Event[]> = fc
  .array(freeEvents, { minLength: 1, maxLength: 12 })
  .map((all) =>
    all.flatMap((free, index) => {
      if (!free.published && all.length > 1) return []
      const event = new Event('free', idOf(index), moment(free.start))
      event.rootId = idOf(0)
      event.parentId = index === 0 || free.parent < 0 ? '' : idOf(free.parent)
      event.eventType = free.type
      event.ownerId = 'somebody'
      event.endTime = moment(free.start + free.length)
      event.err = free.failed ? new RangeError('it went wrong') : null
      event.actions = free.actions.map((each) => {
        const action = new Action(each.name, moment(free.start + each.offset))
        if (each.length !== null) action.endTime = moment(free.start + each.offset + each.length)
        action.err = each.failed ? {} : null
        action.payloadMap = { value: each.payload }
        return action
      })
      return [event]
    }),
  )
  .filter((events) => events.length > 0)

/**
 * The publications, each at least once, some again, in any order. Publications of one id differ only in how
 * many actions they have.
 */
export function anyOrder(lines: readonly Event[]): fc.Arbitrary<Event[]> {
  return fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 10 }).chain((again) =>
    fc.shuffledSubarray([...lines, ...again.map((index) => lines[index] as Event)], {
      minLength: lines.length + again.length,
    }),
  )
}
