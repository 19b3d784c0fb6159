import type { HrTime } from '@opentelemetry/api'
import { isBefore } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'

/** A node whose span is open, and the time that covers. */
export interface Place {
  readonly node: TreeNode
  readonly from: HrTime
  readonly to: HrTime
}

/** The place nearest to a moment: the latest that contains it, else the one with the smallest gap. */
export function nearest(places: readonly Place[], at: HrTime): TreeNode {
  let best = places[0] as Place
  let gap = gapTo(best, at)
  for (let i = 1; i < places.length; i++) {
    const place = places[i] as Place
    const other = gapTo(place, at)
    if (other < gap || (other === gap && isBefore(best.from, place.from))) {
      best = place
      gap = other
    }
  }
  return best.node
}

/** Seconds between a moment and a place; 0 within it. */
export function gapTo(place: { readonly from: HrTime; readonly to: HrTime }, at: HrTime): number {
  if (isBefore(at, place.from)) return place.from[0] - at[0] + (place.from[1] - at[1]) / 1e9
  if (isBefore(place.to, at)) return at[0] - place.to[0] + (at[1] - place.to[1]) / 1e9
  return 0
}
