import type { AnyItem } from '../../src/report/model/model.js'
import { waitEnd } from '../../src/report/model/stats.js'
import type { Lane } from './layout.js'

/** How near a pointer has to be, in pixels. */
const NEAR = 4

/** What is under a pointer on a lane: the nearest; of those that overlap, the shortest. */
export function hit(lane: Lane, at: number, perPixel: number): AnyItem | undefined {
  const reach = NEAR * perPixel
  let best: { item: AnyItem; distance: number; length: number } | undefined
  const offer = (item: AnyItem, end: number, mark: boolean): void => {
    const outside = Math.max(item.start - at, at - end, 0)
    if (outside > reach) return
    // A mark stands on top of a bar and is only a few pixels wide.
    const distance = mark ? -1 : outside
    const length = end - item.start
    if (
      best === undefined ||
      distance < best.distance ||
      (distance === best.distance && length < best.length)
    ) {
      best = { item, distance, length }
    }
  }
  const from = at - reach
  const to = at + reach
  lane.acquires.within(from, to, (item) => offer(item, waitEnd(item), false))
  lane.holds.within(from, to, (item) => offer(item, item.end, false))
  lane.releases.within(from, to, (item) => offer(item, item.end, item.outcome === 'refused'))
  lane.renewals.within(from, to, (item) => offer(item, item.end, true))
  return best?.item
}
