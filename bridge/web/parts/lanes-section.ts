import { shortId } from '../../src/report/model/format.js'
import { fill, h } from '../dom.js'
import { LaneChart } from '../lanes/chart.js'
import type { LaneOrder } from '../lanes/layout.js'
import type { Store } from '../store.js'
import { eventsTable } from './events-table.js'
import { selection } from './selection.js'

const ORDERS: readonly (readonly [LaneOrder, string])[] = [
  ['appearance', 'first seen'],
  ['waiting', 'longest waiting'],
  ['holding', 'most blocking'],
  ['name', 'name'],
]

const LEGEND: readonly (readonly [string, string])[] = [
  ['wait', 'waiting, a tick per attempt'],
  ['hold', 'holding'],
  ['release', 'releasing'],
  ['renewal', 'renewal'],
  ['handover', 'let in by'],
  ['failure', 'failed'],
  ['refused', 'unlock refused'],
  ['lost', 'lease lost or over'],
  ['outlived', 'past its lease'],
  ['takeover', 'takeover'],
  ['open', 'no end seen'],
]

/** The lanes with their controls, and the same as a table. */
export function lanesSection(store: Store): { element: HTMLElement; chart: LaneChart } {
  const chart = new LaneChart(store)
  const title = h('h2', { id: 'lanes-title' })
  store.onChoice(() => {
    const [first] = store.chosen
    if (store.chosen.length === 1 && first !== undefined)
      fill(title, 'Lanes of ', h('span', { class: 'id', title: first.name }, shortId(first.name, 80)))
    else fill(title, store.chosen.length === 0 ? 'Lanes' : `Lanes of ${store.chosen.length} locks`)
  })
  const order = h('select', { id: 'lane-order', onchange: () => chart.order(order.value as LaneOrder) })
  for (const [value, text] of ORDERS) order.append(h('option', { value }, text))
  const idle = h('input', { type: 'checkbox', id: 'hide-idle', onchange: () => chart.hideIdle(idle.checked) })
  const button = (text: string, name: string, act: () => void): HTMLElement =>
    h('button', { type: 'button', 'aria-label': name, title: name, onclick: act }, text)
  const follow = h('button', { type: 'button', class: 'follow', onclick: () => store.showAll() }, 'Follow')
  store.onView(() => follow.setAttribute('aria-pressed', String(store.following)))

  const legend = h('ul', { class: 'legend', 'aria-label': 'What the marks mean' })
  for (const [kind, text] of LEGEND)
    legend.append(h('li', {}, h('span', { class: `mark ${kind}`, 'aria-hidden': 'true' }), text))
  const element = h(
    'section',
    { 'aria-labelledby': 'lanes-title', id: 'lanes' },
    h(
      'div',
      { class: 'bar' },
      title,
      h('span', { class: 'gap' }),
      h('span', { class: 'check' }, h('label', { for: 'lane-order' }, 'Lanes by'), order),
      h('label', { class: 'check' }, idle, ' Hide idle'),
      h(
        'span',
        { class: 'buttons' },
        button('−', 'Zoom out', () => chart.zoomBy(1 / 2)),
        button('+', 'Zoom in', () => chart.zoomBy(2)),
        button('All', 'Show all of the time', () => store.showAll()),
        button('‹', 'Previous event on the lane', () => chart.step(-1)),
        button('›', 'Next event on the lane', () => chart.step(1)),
        store.settings.live === true ? follow : undefined,
      ),
    ),
    legend,
    chart.element,
    h(
      'p',
      { class: 'keys', id: 'chart-keys' },
      'Wheel or ',
      ...keys('+', '−'),
      ' zoom, drag or ',
      ...keys('←', '→'),
      ' move, ',
      ...keys('↑', '↓'),
      ' change lane, ',
      ...keys('n', 'p'),
      ' next and previous event, ',
      ...keys('Enter'),
      store.settings.traceUrl === undefined ? ' copies its trace id, ' : ' opens its trace, ',
      ...keys('0'),
      ' shows all.',
    ),
    selection(store),
    eventsTable(store),
  )
  return { element, chart }
}

function keys(...names: readonly string[]): (Node | string)[] {
  return names.flatMap((name, index) => (index === 0 ? [h('kbd', {}, name)] : [' ', h('kbd', {}, name)]))
}
