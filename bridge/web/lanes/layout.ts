import { blockingOf, type Handover, handoversOf } from '../../src/report/model/blocking.js'
import type { AnyItem, Lock, Owner } from '../../src/report/model/model.js'
import { ownersOf } from '../../src/report/model/stats.js'
import { Series } from './series.js'

/** One owner's lane of one lock. */
export interface Lane {
  readonly lock: Lock
  readonly owner: Owner
  readonly top: number
  readonly height: number
  readonly acquires: Series<Lock['acquires'][number]>
  readonly holds: Series<Lock['holds'][number]>
  readonly releases: Series<Lock['releases'][number]>
  readonly renewals: Series<Lock['renewals'][number]>
}

/** The lanes of one lock below each other. */
export interface Group {
  readonly lock: Lock
  /** Of its heading; none where only one lock is shown. */
  readonly top: number
  readonly heading: number
  readonly lanes: readonly Lane[]
  readonly byOwner: ReadonlyMap<Owner, Lane>
  readonly handovers: Series<Handover & { readonly start: number; readonly end: number }>
}

export interface Layout {
  /** How many owners have no lane, because there are too many; 0 where all have one. */
  readonly left: number
  readonly groups: readonly Group[]
  readonly lanes: readonly Lane[]
  readonly height: number
}

export type LaneOrder = 'appearance' | 'waiting' | 'holding' | 'name'

const HEADING = 26

/** Lanes are as high as their number allows. */
export function laneHeight(lanes: number): number {
  if (lanes <= 14) return 30
  if (lanes <= 30) return 24
  return lanes <= 80 ? 18 : 14
}

/** Lanes that somebody can look through. Where each request is an owner of its own, there are thousands. */
export const MOST_LANES = 500

/** @param keep whose lane is there in any case */
export function layOut(
  locks: readonly Lock[],
  order: LaneOrder,
  shows: (lock: Lock, owner: Owner) => boolean = () => true,
  keep?: AnyItem,
): Layout {
  const all = locks.map((lock) => ordered(lock, order).filter((owner) => shows(lock, owner)))
  const found = all.reduce((total, each) => total + each.length, 0)
  const owners = found > MOST_LANES ? busiest(locks, all, keep) : all
  const height = laneHeight(owners.reduce((total, each) => total + each.length, 0))
  const groups: Group[] = []
  let top = 0
  for (const [index, lock] of locks.entries()) {
    const heading = locks.length > 1 ? HEADING : 0
    const start = top
    top += heading
    const acquires = byOwner(lock.acquires)
    const holds = byOwner(lock.holds)
    const releases = byOwner(lock.releases)
    const renewals = byOwner(lock.renewals)
    const lanes = (owners[index] ?? []).map((owner): Lane => {
      const lane = {
        lock,
        owner,
        top,
        height,
        acquires: new Series(acquires.get(owner) ?? []),
        holds: new Series(holds.get(owner) ?? []),
        releases: new Series(releases.get(owner) ?? []),
        renewals: new Series(renewals.get(owner) ?? []),
      }
      top += height
      return lane
    })
    const handovers = handoversOf(lock)
      .map((each) => ({ ...each, start: each.hold.end, end: each.wait.acquiredAt ?? each.wait.end }))
      .sort((a, b) => a.start - b.start)
    groups.push({
      lock,
      top: start,
      heading,
      lanes,
      byOwner: new Map(lanes.map((lane) => [lane.owner, lane])),
      handovers: new Series(handovers),
    })
  }
  const lanes = groups.flatMap((group) => group.lanes)
  return { groups, lanes, height: top, left: found - lanes.length }
}

function byOwner<Item extends AnyItem>(items: readonly Item[]): Map<Owner, Item[]> {
  const found = new Map<Owner, Item[]>()
  for (const item of items) {
    const list = found.get(item.owner)
    if (list === undefined) found.set(item.owner, [item])
    else list.push(item)
  }
  return found
}

/** Of too many owners those that waited and held longest, in the order they had. */
function busiest(locks: readonly Lock[], owners: readonly Owner[][], keep: AnyItem | undefined): Owner[][] {
  const times = locks.map((lock) => {
    const time = new Map<Owner, number>()
    for (const { owner, start, end } of [...lock.acquires, ...lock.holds]) {
      time.set(owner, (time.get(owner) ?? 0) + end - start)
    }
    return time
  })
  const timeOf = (index: number, owner: Owner): number =>
    locks[index] === keep?.lock && owner === keep?.owner
      ? Number.POSITIVE_INFINITY
      : (times[index]?.get(owner) ?? 0)
  const least =
    owners
      .flatMap((each, index) => each.map((owner) => timeOf(index, owner)))
      .sort((a, b) => b - a)
      .at(MOST_LANES - 1) ?? 0
  let room = MOST_LANES
  return owners.map((each, index) => each.filter((owner) => timeOf(index, owner) >= least && room-- > 0))
}

/** All of a lane, by start: what the keyboard walks through. */
export function itemsOf(lane: Lane): AnyItem[] {
  const items: AnyItem[] = [
    ...lane.acquires.all,
    ...lane.holds.all,
    ...lane.releases.all,
    ...lane.renewals.all,
  ]
  return items.sort((a, b) => a.start - b.start || a.end - b.end)
}

function ordered(lock: Lock, order: LaneOrder): Owner[] {
  const owners = ownersOf(lock)
  if (order === 'name') return owners.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
  if (order === 'appearance') return owners
  const cost = new Map<Owner, number>()
  for (const pair of blockingOf(lock).pairs) {
    const owner = order === 'waiting' ? pair.waiter : pair.holder
    cost.set(owner, (cost.get(owner) ?? 0) + pair.total)
  }
  return owners.sort((a, b) => (cost.get(b) ?? 0) - (cost.get(a) ?? 0))
}
