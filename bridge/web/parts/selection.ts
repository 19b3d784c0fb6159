import { fill, h } from '../dom.js'
import { describe } from '../lanes/describe.js'
import type { Store } from '../store.js'
import { traceControls } from '../traces.js'

/** What is selected on the lanes, in words that can be copied. */
export function selection(store: Store): HTMLElement {
  const element = h('div', {
    class: 'selection',
    id: 'selection',
    role: 'group',
    'aria-label': 'Selected on the lanes',
  })
  const draw = (): void => {
    const { selected } = store
    if (selected === undefined) {
      fill(
        element,
        h(
          'p',
          { class: 'hint' },
          'Point at a bar to see what it is; select it to keep it here and copy its trace id.',
        ),
      )
      return
    }
    const { heading, bad, rows, trace } = describe(selected, store.model)
    const list = h('dl')
    for (const [name, value] of rows) list.append(h('div', {}, h('dt', {}, name), h('dd', {}, value)))
    if (trace !== undefined) {
      list.append(
        h('div', {}, h('dt', {}, 'Trace'), h('dd', {}, traceControls(store.settings.traceUrl, trace))),
      )
    }
    fill(element, h('strong', { class: bad ? 'bad' : undefined }, heading), list)
  }
  store.onSelection(draw)
  draw()
  return element
}
