import { type Selection, select } from 'd3-selection'
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity } from 'd3-zoom'
import { count, plural } from '../../src/report/model/format.js'
import type { AnyItem, Lock, Owner } from '../../src/report/model/model.js'
import { ownersOf } from '../../src/report/model/stats.js'
import { announce, ended, fill, h, oncePerFrame } from '../dom.js'
import type { Store } from '../store.js'
import { onThemeChange, readTheme, type Theme } from '../theme.js'
import { openOrCopy } from '../traces.js'
import { paintAxis } from './axis.js'
import { begin, type Surface, surface } from './canvas.js'
import { sentence } from './describe.js'
import { hit } from './hit.js'
import { itemsOf, type Lane, type LaneOrder, type Layout, layOut, MOST_LANES } from './layout.js'
import { Overview } from './overview.js'
import { type Place, paintHandover, paintLane, paintOutline, xOf } from './paint.js'
import { describeTrace, Tooltip } from './tooltip.js'

/** The shortest time that can be shown, in nanoseconds. */
const CLOSEST = 100
/** Of more lines than this each is drawn more faintly, and beyond as many as the second says not at all. */
const FEW_LINES = 60
const MANY_LINES = 3000
/** The tallest canvas that is printed, in pixels. */
const PRINTED = 6000

/** The lanes: what each owner did when. */
export class LaneChart {
  readonly element: HTMLElement
  readonly #store: Store
  readonly #labels = h('div', { class: 'labels', 'aria-hidden': 'true' })
  readonly #scroller = h('div', { class: 'scroller' })
  readonly #inner = h('div', { class: 'inner' })
  readonly #notice = h('p', { class: 'notice', role: 'status', hidden: true })
  readonly #lanes: Surface
  readonly #axis: Surface
  readonly #overview: Overview
  readonly #tooltip = new Tooltip()
  readonly #zoom: ZoomBehavior<HTMLCanvasElement, unknown>
  readonly #target: Selection<HTMLCanvasElement, unknown, null, undefined>
  readonly #draw = oncePerFrame(() => this.#paint())
  #theme: Theme = readTheme()
  #layout: Layout = { groups: [], lanes: [], height: 0, left: 0 }
  #order: LaneOrder = 'appearance'
  #hidesIdle = false
  /** There are more owners than lanes. */
  #crowded = false
  #later = 0
  #hovered: AnyItem | undefined
  #lane = 0
  /** For whoever measures: how long the last drawing took, in milliseconds. */
  lastPaint = 0

  constructor(store: Store) {
    this.#store = store
    const overview = h('canvas', { class: 'overview', 'aria-hidden': 'true' })
    const axis = h('canvas', { class: 'axis', 'aria-hidden': 'true' })
    const lanes = h('canvas', { class: 'lanes', 'aria-hidden': 'true' })
    this.#overview = new Overview(store, overview)
    this.#axis = surface(axis)
    this.#lanes = surface(lanes)
    this.#inner.append(this.#labels, lanes)
    this.#scroller.append(this.#inner)
    this.element = h(
      'div',
      {
        class: 'chart',
        id: 'chart',
        tabindex: 0,
        role: 'application',
        'aria-roledescription': 'lanes of locks over time',
        'aria-describedby': 'chart-keys',
        onkeydown: (event) => this.#key(event as KeyboardEvent),
      },
      overview,
      axis,
      this.#notice,
      this.#scroller,
      this.#tooltip.element,
    )
    this.#target = select(lanes)
    this.#zoom = zoom<HTMLCanvasElement, unknown>()
      .filter(
        (event: Event) => !(event instanceof WheelEvent && pans(event)) && !(event as MouseEvent).button,
      )
      .on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => this.#zoomed(event))
    this.#target.call(this.#zoom).on('dblclick.zoom', null)
    lanes.addEventListener('wheel', (event) => this.#wheel(event), { passive: false })
    lanes.addEventListener('pointermove', (event) => this.#point(event))
    lanes.addEventListener('pointerleave', () => this.#hover(undefined))
    lanes.addEventListener('click', (event) => this.#click(event))
    lanes.addEventListener('dblclick', (event) => this.zoomBy(4, event.offsetX))
    this.#scroller.addEventListener('scroll', this.#draw, { passive: true })
    new ResizeObserver(() => {
      this.#syncZoom()
      this.#draw()
    }).observe(this.#scroller)
    onThemeChange(() => {
      this.#theme = readTheme()
      this.#draw()
    })
    store.onChoice(() => this.#arrange())
    store.onView(() => {
      this.#syncZoom()
      this.#draw()
      if (this.#hidesIdle || this.#crowded) this.#arrangeLater()
    })
    store.onSelection(() => {
      if (this.#crowded && store.selected !== undefined && this.#laneOf(store.selected) < 0) this.#arrange()
      this.#reveal(store.selected)
      this.#draw()
    })
  }

  get layout(): Layout {
    return this.#layout
  }

  order(order: LaneOrder): void {
    this.#order = order
    this.#arrange()
  }

  /** Leaves out the lanes of owners that do nothing in the time shown. */
  hideIdle(hides: boolean): void {
    this.#hidesIdle = hides
    this.#arrange()
  }

  /** @param x the pixel that stays where it is; the middle when left out */
  zoomBy(factor: number, x = this.#width / 2): void {
    this.#zoom.scaleBy(this.#target, factor, [x, 0])
  }

  /** @param part of what is shown: 0.5 goes on by half a screen */
  panBy(part: number): void {
    const [from, to] = this.#store.view
    const by = (to - from) * part
    this.#store.lookAt([from + by, to + by])
  }

  /** Selects the next or the previous thing on the lane, and brings it into view. */
  step(direction: 1 | -1): void {
    const { selected, view } = this.#store
    const selectedLane = selected === undefined ? -1 : this.#laneOf(selected)
    if (selectedLane >= 0) this.#lane = selectedLane
    const lane = this.#layout.lanes[this.#lane]
    if (lane === undefined) return
    const items = itemsOf(lane)
    const at =
      selected === undefined || selectedLane < 0
        ? items.findIndex((item) => item.start >= view[0]) - (direction > 0 ? 1 : 0)
        : items.indexOf(selected)
    const next = items[at + direction]
    if (next === undefined) {
      announce(direction > 0 ? 'No later event on this lane' : 'No earlier event on this lane')
      return
    }
    this.#select(next)
  }

  /** Copies or opens the trace of what is selected. */
  activate(): void {
    const trace = describeTrace(this.#store.selected, this.#store.model)
    if (trace !== undefined) openOrCopy(this.#store.settings.traceUrl, trace)
  }

  showAll(): void {
    this.#store.showAll()
  }

  clear(): void {
    this.#store.select(undefined)
  }

  /** Selects what is on the lane below or above, near the same moment. */
  moveLane(by: number): void {
    const index = Math.min(Math.max(0, this.#lane + by), this.#layout.lanes.length - 1)
    const lane = this.#layout.lanes[index]
    if (lane === undefined) return
    const near = this.#store.selected?.start ?? this.#store.view[0]
    this.#lane = index
    const items = itemsOf(lane)
    const item = items.find((each) => each.end >= near) ?? items.at(-1)
    if (item !== undefined) this.#select(item)
  }

  get #width(): number {
    return this.#lanes.canvas.clientWidth
  }

  /** Lanes that come and go under a moving hand would be in its way. */
  #arrangeLater(): void {
    clearTimeout(this.#later)
    this.#later = window.setTimeout(() => this.#arrange(), 200)
  }

  #active(): Map<Lock, Set<Owner>> {
    const { chosen, view } = this.#store
    const active = new Map<Lock, Set<Owner>>()
    for (const lock of chosen) {
      const owners = new Set<Owner>()
      for (const list of [lock.acquires, lock.holds, lock.releases, lock.renewals] as readonly AnyItem[][]) {
        for (const item of list) if (item.start <= view[1] && item.end >= view[0]) owners.add(item.owner)
      }
      active.set(lock, owners)
    }
    return active
  }

  #arrange(): void {
    const { chosen } = this.#store
    // Of too many, those that do something in the time shown.
    const crowded = chosen.some((lock) => ownersOf(lock).length > MOST_LANES)
    const active = this.#hidesIdle || crowded ? this.#active() : undefined
    this.#layout = layOut(
      chosen,
      this.#order,
      active && ((lock, owner) => active.get(lock)?.has(owner) === true),
      this.#store.selected,
    )
    this.#crowded = crowded
    const { left, lanes } = this.#layout
    this.#notice.hidden = left === 0
    fill(
      this.#notice,
      `${plural(left, 'more owner')} did something in this time: here are the ${count(lanes.length)} that waited and held longest. Zoom in to see others.`,
    )
    this.#lane = Math.min(this.#lane, Math.max(0, this.#layout.lanes.length - 1))
    this.#inner.style.height = `${this.#layout.height}px`
    this.element.setAttribute(
      'aria-label',
      `${plural(this.#layout.lanes.length, 'lane')} of ${chosen.map((lock) => lock.name).join(', ') || 'no lock'}`,
    )
    const labels: Node[] = []
    for (const group of this.#layout.groups) {
      if (group.heading > 0) labels.push(label('heading', group.top, group.heading, group.lock.name))
      for (const lane of group.lanes) labels.push(label('lane', lane.top, lane.height, lane.owner.name))
    }
    fill(this.#labels, ...labels)
    this.#draw()
  }

  #paint(): void {
    const width = this.#width
    if (width === 0) return
    const began = performance.now()
    const { view, model, selected } = this.#store
    const theme = this.#theme
    const printing = matchMedia('print').matches
    const shown = printing ? this.#layout.height : this.#scroller.clientHeight
    const height = Math.max(1, Math.min(this.#layout.height, shown, PRINTED))
    begin(this.#lanes, width, height)
    const scrolled = printing ? 0 : this.#scroller.scrollTop
    const { context } = this.#lanes
    const scale = width / (view[1] - view[0])
    const place: Place = {
      context,
      theme,
      from: view[0] - 12 / scale,
      to: view[1] + 12 / scale,
      width,
      scale,
    }
    // Bars reach a little over the edge, so that an end that is not there is not seen as one.
    const shifted: Place = { ...place, from: view[0], to: view[1] }
    const ticks = paintAxis(this.#axis, width, view, model.base, theme)

    for (const [index, lane] of this.#layout.lanes.entries()) {
      const top = lane.top - scrolled
      if (top + lane.height < 0 || top > height) continue
      if (index % 2 === 1) {
        context.fillStyle = theme.stripe
        context.fillRect(0, top, width, lane.height)
      }
    }
    context.fillStyle = theme.line
    for (const x of ticks) context.fillRect(Math.round(x), 0, 1, height)
    for (const group of this.#layout.groups) {
      const top = group.top - scrolled
      if (group.heading === 0 || top > height || top + group.heading < 0) continue
      context.fillStyle = theme.ground
      context.fillRect(0, top, width, group.heading)
      context.fillStyle = theme.line
      context.fillRect(0, top + group.heading - 1, width, 1)
    }
    this.#paintLines(shifted, scrolled, height)
    for (const lane of this.#layout.lanes) {
      const top = lane.top - scrolled
      if (top + lane.height >= 0 && top <= height) paintLane(shifted, lane, top)
    }
    for (const [item, strong] of [
      [this.#hovered, false],
      [selected, true],
    ] as const) {
      const lane = item === undefined ? undefined : this.#layout.lanes[this.#laneOf(item)]
      if (item !== undefined && lane !== undefined)
        paintOutline(shifted, item, lane.top - scrolled, lane.height, strong)
    }
    this.#overview.paint(width, theme)
    this.lastPaint = performance.now() - began
    this.element.dataset['painted'] = String(Number(this.element.dataset['painted'] ?? 0) + 1)
  }

  /** Who let whom in. */
  #paintLines(place: Place, scrolled: number, height: number): void {
    const { context, theme } = place
    const about = this.#hovered ?? this.#store.selected
    const faint: (readonly [readonly [number, number], readonly [number, number]])[] = []
    const strong: typeof faint = []
    for (const group of this.#layout.groups) {
      group.handovers.within(place.from, place.to, ({ hold, wait, start, end }) => {
        const from = group.byOwner.get(hold.owner)
        const to = group.byOwner.get(wait.owner)
        if (from === undefined || to === undefined) return
        const y = [from, to].map((lane) => lane.top + lane.height / 2 - scrolled) as [number, number]
        if ((y[0] < 0 && y[1] < 0) || (y[0] > height && y[1] > height)) return
        const line = [
          [xOf(place, start), y[0]],
          [xOf(place, end), y[1]],
        ] as const
        if (about === hold || about === wait) strong.push(line)
        else faint.push(line)
      })
    }
    if (faint.length <= MANY_LINES) {
      context.strokeStyle = theme.muted
      context.globalAlpha = Math.max(0.25, Math.min(1, FEW_LINES / faint.length))
      context.lineWidth = 1
      context.beginPath()
      for (const [from, to] of faint) paintHandover(place, from, to)
      context.stroke()
      context.globalAlpha = 1
    }
    context.strokeStyle = theme.focus
    context.lineWidth = 2
    context.beginPath()
    for (const [from, to] of strong) paintHandover(place, from, to)
    context.stroke()
  }

  #zoomed({ transform }: D3ZoomEvent<HTMLCanvasElement, unknown>): void {
    const { extent } = this.#store
    const scale = this.#width / (extent[1] - extent[0])
    const from = extent[0] - transform.x / (transform.k * scale)
    this.#store.lookAt([from, from + this.#width / (transform.k * scale)])
  }

  /** Tells d3 where we are. */
  #syncZoom(): void {
    const { extent, view } = this.#store
    const width = this.#width
    if (width === 0) return
    const whole = extent[1] - extent[0]
    const k = whole / (view[1] - view[0])
    const x = (-(view[0] - extent[0]) / whole) * width * k
    this.#zoom
      .scaleExtent([1, Math.max(1, whole / CLOSEST)])
      .extent([
        [0, 0],
        [width, 1],
      ])
      .translateExtent([
        [0, Number.NEGATIVE_INFINITY],
        [width, Number.POSITIVE_INFINITY],
      ])
    this.#target.property('__zoom', zoomIdentity.translate(x, 0).scale(k))
  }

  #wheel(event: WheelEvent): void {
    if (!pans(event)) return
    event.preventDefault()
    const by = event.deltaX === 0 ? event.deltaY : event.deltaX
    this.panBy((by * (event.deltaMode === 1 ? 16 : 1)) / this.#width)
  }

  #at(event: MouseEvent): AnyItem | undefined {
    const y = event.offsetY + this.#scroller.scrollTop
    const lane = this.#layout.lanes.find((each) => y >= each.top && y < each.top + each.height)
    if (lane === undefined) return undefined
    const { view } = this.#store
    const perPixel = (view[1] - view[0]) / this.#width
    return hit(lane, view[0] + event.offsetX * perPixel, perPixel)
  }

  #point(event: PointerEvent): void {
    if (event.pointerType === 'touch' || event.buttons !== 0) return
    const item = this.#at(event)
    this.#hover(item)
    if (item !== undefined) this.#tooltip.show(item, this.#store, event.clientX, event.clientY, this.element)
  }

  #hover(item: AnyItem | undefined): void {
    if (item === undefined) this.#tooltip.hide()
    this.#lanes.canvas.style.cursor = item === undefined ? '' : 'pointer'
    if (item === this.#hovered) return
    this.#hovered = item
    this.#draw()
  }

  #click(event: MouseEvent): void {
    const item = this.#at(event)
    this.#store.select(item)
    if (item === undefined) return
    // A finger has no other way to look at something, so it does not copy yet.
    if ((event as PointerEvent).pointerType !== 'touch') this.activate()
  }

  #select(item: AnyItem): void {
    const { view } = this.#store
    const length = view[1] - view[0]
    if (item.start < view[0] || item.start > view[1]) {
      this.#store.lookAt([item.start - length / 3, item.start + (length * 2) / 3])
    }
    this.#store.select(item)
    announce(sentence(item, this.#store.model))
  }

  /** Scrolls the lane of an item into view, and shows what it is. */
  #reveal(item: AnyItem | undefined): void {
    const index = item === undefined ? -1 : this.#laneOf(item)
    const lane = this.#layout.lanes[index]
    if (item === undefined || lane === undefined) {
      this.#tooltip.hide()
      return
    }
    this.#lane = index
    const { scrollTop, clientHeight } = this.#scroller
    if (lane.top < scrollTop) this.#scroller.scrollTop = lane.top
    else if (lane.top + lane.height > scrollTop + clientHeight) {
      this.#scroller.scrollTop = lane.top + lane.height - clientHeight
    }
  }

  #laneOf(item: AnyItem): number {
    return this.#layout.lanes.findIndex((lane: Lane) => lane.lock === item.lock && lane.owner === item.owner)
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return
    const act = KEYS[event.key]
    if (act === undefined) return
    event.preventDefault()
    act(this, event.shiftKey)
  }
}

const KEYS: Readonly<Record<string, (chart: LaneChart, shift: boolean) => void>> = {
  ArrowLeft: (chart, shift) => chart.panBy(shift ? -0.8 : -0.15),
  ArrowRight: (chart, shift) => chart.panBy(shift ? 0.8 : 0.15),
  ArrowUp: (chart) => chart.moveLane(-1),
  ArrowDown: (chart) => chart.moveLane(1),
  '+': (chart) => chart.zoomBy(1.5),
  '=': (chart) => chart.zoomBy(1.5),
  '-': (chart) => chart.zoomBy(1 / 1.5),
  _: (chart) => chart.zoomBy(1 / 1.5),
  '0': (chart) => chart.showAll(),
  Home: (chart) => chart.showAll(),
  n: (chart) => chart.step(1),
  p: (chart) => chart.step(-1),
  Enter: (chart) => chart.activate(),
  Escape: (chart) => chart.clear(),
}

/** Sideways, or with Shift, a wheel moves through time; else it zooms. */
function pans(event: WheelEvent): boolean {
  return !event.ctrlKey && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
}

function label(kind: string, top: number, height: number, text: string): HTMLElement {
  const element = h('div', { class: `label ${kind}`, title: text }, ...ended(text))
  element.style.top = `${top}px`
  element.style.height = `${height}px`
  element.style.lineHeight = `${height}px`
  if (height < 16) element.style.fontSize = '10px'
  return element
}
