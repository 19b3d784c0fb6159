import { count, duration, moment, plural } from '../../src/report/model/format.js'
import type { AnyItem } from '../../src/report/model/model.js'
import { waitEnd } from '../../src/report/model/stats.js'
import { fill, h } from '../dom.js'
import { describe, kindText } from '../lanes/describe.js'
import type { Store } from '../store.js'
import { traceControls } from '../traces.js'

const PAGE = 50
const SETTLE_MS = 150

/** What the lanes show, as a table: for screen readers, for searching, for copying. */
export function eventsTable(store: Store): HTMLElement {
  const body = h('tbody')
  const summary = h('summary', {})
  const status = h('span', { role: 'status' })
  let page = 0
  let items: AnyItem[] = []
  const turn = (by: number): void => {
    page += by
    rows()
  }
  const back = h('button', { type: 'button', onclick: () => turn(-1) }, 'Earlier')
  const forth = h('button', { type: 'button', onclick: () => turn(1) }, 'Later')
  const head = h('tr')
  for (const name of ['At (UTC)', 'Lock', 'Owner', 'What', 'Time', 'Attempts', 'Fencing token', 'Trace']) {
    head.append(h('th', { scope: 'col' }, name))
  }
  const element = h(
    'details',
    { class: 'events', id: 'events' },
    summary,
    h('div', { class: 'bar' }, status, back, forth),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Events shown on the lanes' },
      h('table', {}, h('thead', {}, head), body),
    ),
  )
  const rows = (): void => {
    const from = page * PAGE
    fill(body, ...items.slice(from, from + PAGE).map((item) => row(item, store)))
    back.disabled = page === 0
    forth.disabled = from + PAGE >= items.length
    fill(
      status,
      items.length === 0
        ? 'Nothing here'
        : `${count(from + 1)} to ${count(Math.min(items.length, from + PAGE))} of ${plural(items.length, 'event')}`,
    )
  }
  let timer = 0
  const draw = (): void => {
    const [first] = items
    items = inView(store)
    // News at the end leave the reader where they read.
    page = items[0] === first ? Math.min(page, Math.max(0, Math.ceil(items.length / PAGE) - 1)) : 0
    fill(summary, `As a table: ${plural(items.length, 'event')} of these lanes in the time shown`)
    if (element.open) rows()
  }
  const later = (): void => {
    clearTimeout(timer)
    timer = window.setTimeout(draw, SETTLE_MS)
  }
  element.addEventListener('toggle', () => {
    if (element.open) rows()
  })
  store.onView(later)
  store.onChoice(later)
  return element
}

function inView({ chosen, view }: Store): AnyItem[] {
  const items: AnyItem[] = []
  for (const lock of chosen) {
    for (const list of [
      lock.acquires,
      lock.holds,
      lock.releases,
      lock.renewals,
    ] as readonly (readonly AnyItem[])[]) {
      for (const item of list) if (item.start <= view[1] && item.end >= view[0]) items.push(item)
    }
  }
  return items.sort((a, b) => a.start - b.start)
}

function row(item: AnyItem, store: Store): HTMLElement {
  const length = (item.kind === 'acquire' ? waitEnd(item) : item.end) - item.start
  const { trace, bad } = describe(item, store.model)
  return h(
    'tr',
    { class: store.selected === item ? 'chosen' : undefined },
    h(
      'td',
      {},
      h(
        'button',
        { type: 'button', class: 'link', onclick: () => store.select(item) },
        moment(store.model.base, item.start, 6),
      ),
    ),
    h('td', { class: 'id', title: item.lock.name }, item.lock.name),
    h('td', { class: 'id', title: item.owner.name }, item.owner.name),
    h('td', { class: bad ? 'bad' : undefined }, kindText(item)),
    h('td', {}, duration(length)),
    h('td', {}, item.kind === 'acquire' ? count(item.attempts) : ''),
    h('td', {}, item.kind === 'acquire' || item.kind === 'hold' ? item.token : ''),
    h('td', {}, trace === undefined ? '' : traceControls(store.settings.traceUrl, trace, true)),
  )
}
