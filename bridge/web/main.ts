import type { PageData } from '../src/report/model/page-data.js'
import { h } from './dom.js'
import { Live } from './live.js'
import { blocking } from './parts/blocking.js'
import { header } from './parts/header.js'
import { lanesSection } from './parts/lanes-section.js'
import { LocksTable } from './parts/locks-table.js'
import { standouts } from './parts/standouts.js'
import { type Settings, Store } from './store.js'

function read<T>(id: string): T {
  return JSON.parse(document.getElementById(id)?.textContent ?? 'null') as T
}

const store = new Store(read<Settings>('settings'))
const live = store.settings.live === true ? new Live(store) : undefined
const page = document.getElementById('page') as HTMLElement
const { element: lanes, chart } = lanesSection(store)
const showLanes = (): void => {
  lanes.scrollIntoView({ block: 'start', behavior: 'auto' })
  chart.element.focus({ preventScroll: true })
}
const empty = h(
  'p',
  { class: 'empty' },
  'No lock was asked for in these events. The lanes appear with the first call of Lock or Unlock.',
)
const parts = h(
  'main',
  {},
  empty,
  standouts(store, showLanes),
  new LocksTable(store).element,
  lanes,
  blocking(store, showLanes),
)
store.onFacts(() => parts.classList.toggle('without-facts', store.empty))
page.replaceChildren(
  header(store, live?.element),
  parts,
  h('div', { id: 'announcer', class: 'offscreen', role: 'status', 'aria-live': 'polite' }),
  h('div', { id: 'toast', 'aria-hidden': 'true' }),
)
const facts = read<PageData | null>('facts')
if (facts === null) parts.classList.add('without-facts')
else store.take(facts, true)
document.documentElement.dataset['ready'] = 'true'
live?.start()
// What a test or a curious reader may look at.
Object.assign(window, { contention: { store, chart } })
