import { scaleLinear, scaleUtc } from 'd3-scale'
import { clockTime, day } from '../../src/report/model/format.js'
import type { Span } from '../store.js'

const MINUTE = 60_000
const DAY = 86_400_000

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
    const dates = scale.ticks(count)
    const step = Number(dates[1] ?? 0) - Number(dates[0] ?? 0)
    const digits = step < 1000 ? 1 : 0
    return dates.map((date) => {
      const at = (date.getTime() - base[0] * 1000) * 1e6 - base[1]
      // Midnight is better known by the day that begins; and where whole minutes are, seconds say nothing.
      if (step >= MINUTE && date.getTime() % DAY === 0) return { at, label: day(base, at + 500).slice(5) }
      const time = clockTime(base, at + 500, digits)
      return { at, label: step >= MINUTE ? time.slice(0, 5) : time }
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
