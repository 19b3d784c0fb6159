import type { AnyItem, Lock } from '../../src/report/model/model.js'
import { waitEnd } from '../../src/report/model/stats.js'
import type { Theme } from '../theme.js'
import type { Lane } from './layout.js'

/** Where time is on the canvas. */
export interface Place {
  readonly context: CanvasRenderingContext2D
  readonly theme: Theme
  readonly from: number
  readonly to: number
  readonly width: number
  /** Pixels per nanosecond. */
  readonly scale: number
}

type Acquire = Lock['acquires'][number]
type Hold = Lock['holds'][number]

/** A bar that would be thinner is drawn this thin, in pixels. */
const THIN = 1.25
/** Marks closer to each other are drawn once. */
const MARK_GAP = 3
/** The same of attempts, of which there are many: closer ones would colour the bar. */
const ATTEMPT_GAP = 5

/** Draws a lane whose upper edge is at `top`. */
export function paintLane(place: Place, lane: Lane, top: number): void {
  const { context, theme } = place
  const middle = top + lane.height / 2
  const small = lane.height < 20
  const waitHeight = Math.max(3, Math.round(lane.height * 0.26))
  const holdHeight = Math.round(lane.height * (small ? 0.72 : 0.62))

  bars(place, lane.acquires, middle, waitHeight, theme.wait, waitEnd)
  lane.acquires.within(place.from, place.to, (acquire) => attempts(place, acquire, middle, waitHeight))
  bars(place, lane.releases, middle, Math.max(3, holdHeight * 0.5), theme.release, (release) => release.end)
  bars(place, lane.holds, middle, holdHeight, theme.hold, (hold) => hold.end)
  lane.holds.within(place.from, place.to, (hold) => holdDetail(place, hold, middle, holdHeight))

  let last = Number.NEGATIVE_INFINITY
  lane.renewals.within(place.from, place.to, (renewal) => {
    const x = xOf(place, renewal.start)
    if (renewal.outcome === 'renewed') {
      if (x - last < MARK_GAP) return
      last = x
      context.fillStyle = theme.ground
      context.fillRect(Math.round(x) - 0.75, middle - holdHeight / 2 + 2, 1.5, holdHeight - 4)
    } else cross(context, x, middle, small ? 3 : 4.5, theme.bad, theme.ground)
  })
  lane.acquires.within(place.from, place.to, (acquire) => acquireMarks(place, acquire, middle, lane.height))
  lane.releases.within(place.from, place.to, (release) => {
    if (release.outcome === 'refused' || release.outcome === 'error') {
      barred(context, xOf(place, release.start), middle, small ? 4 : 6, theme.bad, theme.ground)
    }
  })
}

/** An outline around what is selected or pointed at. */
export function paintOutline(
  place: Place,
  item: AnyItem,
  top: number,
  height: number,
  strong: boolean,
): void {
  const { context, theme } = place
  const left = Math.max(-4, xOf(place, item.start)) - 2
  const end = item.kind === 'acquire' ? waitEnd(item) : item.end
  const right = Math.min(place.width + 4, xOf(place, end)) + 2
  context.strokeStyle = theme.focus
  context.lineWidth = strong ? 2 : 1.25
  context.beginPath()
  context.roundRect(left, top + 1.5, Math.max(5, right - left), height - 3, 4)
  context.stroke()
}

/** A line from the end of a hold down or up to the waiter it let in. */
export function paintHandover(
  { context }: Place,
  from: readonly [number, number],
  to: readonly [number, number],
): void {
  const bend = Math.min(14, Math.abs(to[0] - from[0]) / 2 + 5)
  context.moveTo(from[0], from[1])
  context.bezierCurveTo(from[0] + bend, from[1], to[0] - bend, to[1], to[0], to[1])
}

export function xOf(place: Place, at: number): number {
  return (at - place.from) * place.scale
}

/** Bars of one kind. Those that fall on pixels drawn already are left out. */
function bars<Item extends { readonly start: number; readonly end: number }>(
  place: Place,
  series: { within(from: number, to: number, each: (item: Item) => void): void },
  middle: number,
  height: number,
  colour: string,
  endOf: (item: Item) => number,
): void {
  const { context } = place
  const top = middle - height / 2
  let drawn = Number.NEGATIVE_INFINITY
  context.fillStyle = colour
  context.beginPath()
  series.within(place.from, place.to, (item) => {
    const left = Math.max(-10, xOf(place, item.start))
    const right = Math.max(left + THIN, Math.min(place.width + 10, xOf(place, endOf(item))))
    if (right <= drawn) return
    drawn = right
    const width = right - left
    if (width > 6 && height > 6) context.roundRect(left, top, width, height, Math.min(3, height / 3))
    else context.rect(left, top, width, height)
  })
  context.fill()
}

/** A tick for each attempt, where there is room for it. */
function attempts(place: Place, acquire: Acquire, middle: number, height: number): void {
  const { context, theme } = place
  if (acquire.tries.length < 2 || (waitEnd(acquire) - acquire.start) * place.scale < 8) return
  let last = Number.NEGATIVE_INFINITY
  context.fillStyle = theme.attempt
  for (const at of acquire.tries) {
    const x = xOf(place, at)
    if (x - last < ATTEMPT_GAP || x < -2 || x > place.width + 2) continue
    last = x
    context.fillRect(Math.round(x) - 0.5, middle - height, 1, height * 2)
  }
}

function acquireMarks(place: Place, acquire: Acquire, middle: number, height: number): void {
  const { context, theme } = place
  const x = xOf(place, waitEnd(acquire))
  if (acquire.outcome === 'timeout' || acquire.outcome === 'error') {
    cross(context, x, middle, height < 20 ? 3 : 4.5, theme.bad, theme.ground)
  } else if (acquire.takeover) diamond(context, x, middle, height < 20 ? 4.5 : 6.5, theme.bad, theme.ground)
  else if (acquire.outcome === 'unknown' && !acquire.finished)
    ragged(place, Math.min(x, place.width), middle, height * 0.4, theme.wait)
}

/** What a hold ended with, and the lease that it outlived. */
function holdDetail(place: Place, hold: Hold, middle: number, height: number): void {
  const { context, theme } = place
  const top = middle - height / 2
  const right = xOf(place, hold.end)
  if (hold.how === 'held') {
    ragged(place, Math.min(right, place.width), middle, height, theme.hold)
    return
  }
  if (hold.lease !== undefined && hold.lease < hold.end) {
    const left = Math.max(-10, xOf(place, hold.lease))
    hatch(context, left, top, Math.min(place.width + 10, right) - left, height, theme.bad, theme.ground)
  }
  if (hold.how === 'released') {
    if (right - xOf(place, hold.start) > 24) {
      context.fillStyle = theme.holdEdge
      context.fillRect(right - 2, top, 2, height)
    }
    return
  }
  // The lease was lost, or ran out: the end is a wall.
  context.fillStyle = theme.bad
  context.fillRect(right - 1.5, top - 3, 3, height + 6)
  if (hold.how === 'lost') cross(context, right, middle, height < 14 ? 3 : 4.5, theme.bad, theme.ground)
}

/** An end that is none: teeth. */
function ragged({ context }: Place, x: number, middle: number, height: number, colour: string): void {
  const size = Math.max(2, height / 3)
  const depth = Math.max(5, size)
  context.fillStyle = colour
  context.beginPath()
  for (let index = 0; index < 3; index++) {
    const top = middle - height / 2 + index * size
    context.moveTo(x - 0.5, top)
    context.lineTo(x + depth, top + size / 2)
    context.lineTo(x - 0.5, top + size)
  }
  context.fill()
}

function cross(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  colour: string,
  halo: string,
): void {
  for (const [style, width] of [
    [halo, 4.5],
    [colour, 2],
  ] as const) {
    context.strokeStyle = style
    context.lineWidth = width
    context.lineCap = 'round'
    context.beginPath()
    context.moveTo(x - size, y - size)
    context.lineTo(x + size, y + size)
    context.moveTo(x + size, y - size)
    context.lineTo(x - size, y + size)
    context.stroke()
  }
  context.lineCap = 'butt'
}

function diamond(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  colour: string,
  halo: string,
): void {
  context.fillStyle = colour
  context.strokeStyle = halo
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(x, y - size)
  context.lineTo(x + size, y)
  context.lineTo(x, y + size)
  context.lineTo(x - size, y)
  context.closePath()
  context.fill()
  context.stroke()
}

/** A ring with a bar: no entry. */
function barred(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  colour: string,
  ground: string,
): void {
  context.fillStyle = ground
  context.strokeStyle = colour
  context.lineWidth = 2
  context.beginPath()
  context.arc(x, y, size, 0, Math.PI * 2)
  context.fill()
  context.stroke()
  context.beginPath()
  context.moveTo(x - size * 0.6, y + size * 0.6)
  context.lineTo(x + size * 0.6, y - size * 0.6)
  context.stroke()
}

function hatch(
  context: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: string,
  ground: string,
): void {
  if (width <= 0) return
  context.save()
  context.beginPath()
  context.rect(left, top, width, height)
  context.clip()
  // On the colour of the bar, red lines are hard to see, and for some not to be told apart.
  context.fillStyle = ground
  context.fillRect(left, top, width, height)
  context.fillStyle = colour
  context.fillRect(left, top, width, 1.5)
  context.fillRect(left, top + height - 1.5, width, 1.5)
  context.strokeStyle = colour
  context.lineWidth = 1.5
  context.beginPath()
  for (let x = left - height; x < left + width; x += 6) {
    context.moveTo(x, top + height)
    context.lineTo(x + height, top)
  }
  context.stroke()
  context.restore()
}
