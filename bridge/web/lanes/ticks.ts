import { scaleLinear, scaleUtc } from 'd3-scale'
import { clockTime, duration } from '../../src/report/model/format.js'
import type { Span } from '../store.js'

export interface Tick {
  readonly at: number
  readonly label: string
}

/**
 * Moments to label. Above some seconds round times of day; below, where clocks have no round times any more,
 * round distances from the beginning of what is shown of that second.
 */
export function ticksOf(base: readonly [number, number], view: Span, count: number): Tick[] {
  const length = view[1] - view[0]
  if (length >= 4e9) {
    const toMs = (at: number): number => base[0] * 1000 + (base[1] + at) / 1e6
    const scale = scaleUtc().domain([toMs(view[0]), toMs(view[1])])
    const digits = length < 10e9 * count ? (length < 1e9 * count ? 1 : 0) : 0
    return scale.ticks(count).map((date) => {
      const at = (date.getTime() - base[0] * 1000) * 1e6 - base[1]
      return { at, label: clockTime(base, at + 500, digits) }
    })
  }
  // Nanoseconds within the minute keep the digits that a number has for them.
  const origin = -base[1] + Math.floor((view[0] + base[1]) / 1e9) * 1e9
  const scale = scaleLinear().domain([view[0] - origin, view[1] - origin])
  const ticks = scale.ticks(count)
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
  const digits = Math.min(9, Math.max(0, 9 - Math.floor(Math.log10(Math.max(1, step)))))
  return ticks.map((tick) => ({
    at: tick + origin,
    label: shortTime(base, tick + origin, digits),
  }))
}

/** Minutes and seconds alone: the hour stands in the corner. */
function shortTime(base: readonly [number, number], at: number, digits: number): string {
  return clockTime(base, at + 0.5, digits).slice(3)
}

/** How much time a number of pixels is, for the corner: a round one. */
export function scaleBar(perPixel: number): { readonly pixels: number; readonly label: string } {
  const goal = perPixel * 120
  const power = 10 ** Math.floor(Math.log10(goal))
  const round = [5, 2, 1].map((factor) => factor * power).find((value) => value <= goal) ?? power
  return { pixels: round / perPixel, label: duration(round) }
}
