import { type Interval, mostAtOnce } from '../../src/report/model/at-once.js'
import { count } from '../../src/report/model/format.js'
import { isContended, waitEnd } from '../../src/report/model/stats.js'
import type { Store } from '../store.js'
import type { Theme } from '../theme.js'
import { begin, type Surface, surface } from './canvas.js'

export const OVERVIEW_HEIGHT = 54

/** All of the time at a glance: how many waited, whether somebody held, and which part the lanes show. */
export class Overview {
  readonly #store: Store
  readonly #surface: Surface
  #waiting: Uint32Array = new Uint32Array(0)
  #held: Float64Array = new Float64Array(0)
  #most = 0
  #key = ''
  #grip: number | undefined

  constructor(store: Store, canvas: HTMLCanvasElement) {
    this.#store = store
    this.#surface = surface(canvas)
    canvas.addEventListener('pointerdown', (event) => this.#down(event))
    canvas.addEventListener('pointermove', (event) => this.#move(event))
    canvas.addEventListener('pointerup', () => {
      this.#grip = undefined
    })
  }

  paint(width: number, theme: Theme): void {
    const { context } = this.#surface
    const height = OVERVIEW_HEIGHT
    begin(this.#surface, width, height)
    this.#count(width)
    const base = height - 6
    const top = 18
    context.fillStyle = theme.wait
    context.beginPath()
    context.moveTo(0, base)
    const unit = this.#most === 0 ? 0 : (base - top) / this.#most
    for (const [x, value] of this.#waiting.entries()) {
      context.lineTo(x, base - value * unit)
      context.lineTo(x + 1, base - value * unit)
    }
    context.lineTo(width, base)
    context.fill()
    context.fillStyle = theme.hold
    this.#held.forEach((value, x) => {
      if (value <= 0) return
      context.globalAlpha = 0.25 + 0.75 * Math.min(1, value)
      context.fillRect(x, base + 1, 1, 4)
    })
    context.globalAlpha = 1
    this.#window(width, height, theme)
    if (this.#most > 0) {
      context.font = `11px ${theme.font}`
      context.textBaseline = 'top'
      const text = `up to ${count(this.#most)} waiting`
      context.strokeStyle = theme.ground
      context.lineWidth = 3
      context.strokeText(text, 2, 3)
      context.fillStyle = theme.text
      context.fillText(text, 2, 3)
    }
  }

  /** Dims what the lanes do not show. */
  #window(width: number, height: number, theme: Theme): void {
    const { context } = this.#surface
    const [left, right] = this.#viewPixels(width)
    context.fillStyle = theme.ground
    context.globalAlpha = 0.65
    context.fillRect(0, 0, left, height)
    context.fillRect(right, 0, width - right, height)
    context.globalAlpha = 1
    if (right - left > width - 2) return
    context.strokeStyle = theme.focus
    context.lineWidth = 1.5
    context.strokeRect(left + 0.75, 0.75, Math.max(2, right - left - 1.5), height - 1.5)
  }

  #viewPixels(width: number): [number, number] {
    const { extent, view } = this.#store
    const scale = width / (extent[1] - extent[0])
    return [(view[0] - extent[0]) * scale, (view[1] - extent[0]) * scale]
  }

  /** How many waited at most, and what part of the time somebody held, in each pixel's time. */
  #count(width: number): void {
    const { extent, chosen, model } = this.#store
    const key = `${model.version} ${width} ${chosen.map((lock) => lock.index).join()}`
    if (key === this.#key) return
    this.#key = key
    const waits: Interval[] = []
    const held = new Float64Array(width)
    const scale = width / (extent[1] - extent[0])
    for (const lock of chosen) {
      for (const wait of lock.acquires) {
        if (isContended(wait)) waits.push([wait.start, waitEnd(wait)])
      }
      for (const hold of lock.holds)
        cover(held, (hold.start - extent[0]) * scale, (hold.end - extent[0]) * scale)
    }
    this.#waiting = mostAtOnce(waits, extent, width)
    this.#held = sums(held)
    this.#most = this.#waiting.reduce((most, value) => Math.max(most, value), 0)
  }

  #down(event: PointerEvent): void {
    const { width } = this.#surface
    const [left, right] = this.#viewPixels(width)
    this.#grip = event.offsetX >= left && event.offsetX <= right ? event.offsetX - left : (right - left) / 2
    this.#surface.canvas.setPointerCapture(event.pointerId)
    this.#move(event)
  }

  #move(event: PointerEvent): void {
    if (this.#grip === undefined) return
    const { extent, view } = this.#store
    const from = extent[0] + ((event.offsetX - this.#grip) * (extent[1] - extent[0])) / this.#surface.width
    this.#store.lookAt([from, from + view[1] - view[0]])
  }
}

/** Adds an interval to differences whose sums are the coverage of each cell. */
function cover(cells: Float64Array, from: number, to: number): void {
  const add = (at: number, value: number): void => {
    if (at < cells.length) cells[at] = (cells[at] ?? 0) + value
  }
  const edge = (at: number, sign: number): void => {
    const cell = Math.max(0, Math.floor(at))
    const part = 1 - (Math.max(0, at) - cell)
    add(cell, sign * part)
    add(cell + 1, sign * (1 - part))
  }
  edge(from, 1)
  edge(to, -1)
}

function sums(differences: Float64Array): Float64Array {
  let sum = 0
  return differences.map((difference) => {
    sum += difference
    return sum
  })
}
