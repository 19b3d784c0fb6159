import { blockersOf, HoldIndex } from '../../src/report/model/blocking.js'
import { count, duration, moment, plural, shortId } from '../../src/report/model/format.js'
import type { AnyItem, Model, Owner } from '../../src/report/model/model.js'
import { isContended, waitEnd } from '../../src/report/model/stats.js'

/** What is told of one thing on a lane: a heading, and names with values. */
export interface Description {
  readonly heading: string
  readonly bad: boolean
  readonly rows: readonly (readonly [string, string])[]
  readonly trace: string | undefined
}

/** An owner, short enough for a table; the whole id belongs beside it as a title. */
export function shortName(owner: Owner): string {
  return shortId(owner.name)
}

export function describe(item: AnyItem, model: Model): Description {
  const rows: [string, string][] = [
    ['Owner', item.owner.name],
    ['Lock', item.lock.name],
  ]
  const time = (at: number): string => moment(model.base, at, 6)
  rows.push(['From', time(item.start)], ['To', time(item.end)])
  switch (item.kind) {
    case 'acquire': {
      rows.push(['Waited', duration(waitEnd(item) - item.start)])
      rows.push(['Attempts', attempts(item.attempts, item.busy, item.misses)])
      if (isContended(item)) {
        const blockers = [...blockersOf(item, new HoldIndex(item.lock.holds))].sort((a, b) => b[1] - a[1])
        if (blockers.length > 0)
          rows.push(['Waited for', blockers.slice(0, 4).map(blocker).join(', ') + rest(blockers)])
        else if (item.holders.length > 0)
          rows.push(['Waited for', item.holders.map((holder) => holder.name).join(', ')])
      }
      if (item.token !== '') rows.push(['Fencing token', item.token])
      if (item.error !== '') rows.push(['Error', item.error])
      return {
        heading: acquireHeading(item),
        bad: item.outcome === 'timeout' || item.outcome === 'error',
        rows,
        trace: item.trace,
      }
    }
    case 'hold':
      rows.push([item.how === 'held' ? 'Held so far' : 'Held', duration(item.end - item.start)])
      if (item.lease !== undefined)
        rows.push(['Lease until', leaseText(item.lease, item.end, item.how, time)])
      if (item.renewals + item.failures > 0) {
        rows.push([
          'Renewals',
          item.failures === 0 ? count(item.renewals) : `${count(item.renewals)}, and ${item.failures} failed`,
        ])
      }
      if (item.token !== '') rows.push(['Fencing token', item.token])
      return {
        heading: holdHeading(item),
        bad: item.reason !== '' || outlived(item),
        rows,
        trace: item.trace,
      }
    case 'release':
      rows.push(['Took', duration(item.end - item.start)])
      if (item.error !== '') rows.push(['Error', item.error])
      return {
        heading: releaseHeading(item.outcome),
        bad: item.outcome === 'refused' || item.outcome === 'error',
        rows,
        trace: item.trace,
      }
    case 'renewal':
      rows.push(['Took', duration(item.end - item.start)])
      if (item.headroom !== undefined) rows.push(['Lease left', duration(item.headroom)])
      if (item.error !== '') rows.push(['Error', item.error])
      return {
        heading:
          item.outcome === 'renewed'
            ? 'Lease renewed'
            : item.outcome === 'lost'
              ? 'Renewal: lease lost'
              : 'Renewal failed',
        bad: item.outcome !== 'renewed',
        rows,
        trace: item.lock.holds.find(
          (hold) => hold.owner === item.owner && hold.start <= item.start && hold.end >= item.start,
        )?.trace,
      }
  }
}

/** One line for a table or a screen reader. */
export function kindText(item: AnyItem): string {
  switch (item.kind) {
    case 'acquire':
      return acquireHeading(item)
    case 'hold':
      return holdHeading(item)
    case 'release':
      return releaseHeading(item.outcome)
    case 'renewal':
      return item.outcome === 'renewed'
        ? 'Lease renewed'
        : item.outcome === 'lost'
          ? 'Renewal: lease lost'
          : 'Renewal failed'
  }
}

/** All in one sentence, for the screen reader. */
export function sentence(item: AnyItem, model: Model): string {
  const { heading, rows, trace } = describe(item, model)
  return `${heading}. ${rows.map(([name, value]) => `${name} ${value}`).join(', ')}${trace === undefined ? '' : `, trace ${trace}`}.`
}

function attempts(all: number, busy: number, misses: number): string {
  const parts = [
    busy > 0 ? `${count(busy)} busy` : '',
    misses > 0 ? `${plural(misses, 'lost race')}` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? count(all) : `${count(all)} (${parts.join(', ')})`
}

function blocker([owner, time]: readonly [Owner, number]): string {
  return `${owner.name} ${duration(time)}`
}

function rest(blockers: readonly unknown[]): string {
  return blockers.length > 4 ? `, and ${blockers.length - 4} more` : ''
}

function leaseText(lease: number, end: number, how: string, time: (at: number) => string): string {
  if (how === 'held' || lease === end) return time(lease)
  return lease < end
    ? `${time(lease)}, ${duration(end - lease)} before its end`
    : `${time(lease)}, ${duration(lease - end)} to spare`
}

function acquireHeading(item: Extract<AnyItem, { kind: 'acquire' }>): string {
  if (item.outcome === 'timeout') return 'Waited in vain: timed out'
  if (item.outcome === 'error') return 'Waited in vain: failed'
  if (item.outcome === 'unknown') return item.finished ? 'Waited: outcome not known' : 'Waiting, no end seen'
  if (item.reentrant) return 'Acquired again by its holder'
  if (item.takeover) return 'Took over from an expired holder'
  return isContended(item) ? 'Waited and acquired' : 'Acquired at once'
}

function holdHeading(item: Extract<AnyItem, { kind: 'hold' }>): string {
  const { how, reason } = item
  if (how === 'lost')
    return `Held, then lost its lease (${reason === 'not_owner' ? 'another owner' : 'gone'})`
  if (how === 'expired') return 'Held until its lease expired'
  if (outlived(item)) return how === 'held' ? 'Held still, past its lease' : 'Held past the end of its lease'
  return how === 'held' ? 'Held still' : 'Held'
}

function outlived({ lease, end }: Extract<AnyItem, { kind: 'hold' }>): boolean {
  return lease !== undefined && lease < end
}

function releaseHeading(outcome: string): string {
  if (outcome === 'refused') return 'Unlock refused: not the owner'
  if (outcome === 'error') return 'Unlock failed'
  if (outcome === 'reentry') return 'Unlocked one level'
  return outcome === 'released' ? 'Released' : 'Unlocking, no end seen'
}
