import { clockTime, day, duration } from '../../src/report/model/format.js'
import type { Span } from '../store.js'
import type { Theme } from '../theme.js'
import { begin, type Surface } from './canvas.js'
import { ticksOf } from './ticks.js'

export const AXIS_HEIGHT = 36

/** Draws the time of day above the lanes. @returns where its lines are, in pixels */
export function paintAxis(
  target: Surface,
  width: number,
  view: Span,
  base: readonly [number, number],
  theme: Theme,
): number[] {
  begin(target, width, AXIS_HEIGHT)
  const { context } = target
  const scale = width / (view[1] - view[0])
  const ticks = ticksOf(base, view, Math.max(2, Math.floor(width / 110)))
  context.font = `11px ${theme.font}`
  context.textBaseline = 'alphabetic'
  context.fillStyle = theme.muted
  // The hour and the day once, at the left: they change seldom.
  const hour = `${day(base, view[0])} ${clockTime(base, view[0], 0)} UTC`
  context.fillText(hour, 0, 12)
  const from = context.measureText(hour).width + 16
  const length = `${duration(view[1] - view[0])} shown`
  const room = context.measureText(length).width
  if (width - room > from) context.fillText(length, width - room, 12)
  context.fillStyle = theme.text
  let last = Number.NEGATIVE_INFINITY
  const lines: number[] = []
  for (const { at, label } of ticks) {
    const x = (at - view[0]) * scale
    if (x < 0 || x > width) continue
    lines.push(x)
    const half = context.measureText(label).width / 2
    const left = Math.min(Math.max(0, x - half), width - half * 2)
    if (left < last + 10) continue
    context.fillText(label, left, 29)
    last = left + half * 2
  }
  return lines
}
