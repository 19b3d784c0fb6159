import type { AnyItem, Model } from '../../src/report/model/model.js'
import { fill, h } from '../dom.js'
import type { Store } from '../store.js'
import { traceAddress } from '../traces.js'
import { describe } from './describe.js'

/** What is under the pointer, in words. */
export class Tooltip {
  readonly element = h('div', { class: 'tooltip', role: 'tooltip', hidden: true })
  #item: AnyItem | undefined

  show(item: AnyItem, store: Store, x: number, y: number, within: HTMLElement): void {
    if (item !== this.#item) {
      this.#item = item
      const { heading, bad, rows, trace } = describe(item, store.model)
      const list = h('dl')
      for (const [name, value] of rows) list.append(h('dt', {}, name), h('dd', {}, value))
      if (trace !== undefined) list.append(h('dt', {}, 'Trace'), h('dd', {}, h('code', {}, trace)))
      const address = trace === undefined ? undefined : traceAddress(store.settings.traceUrl, trace)
      const hint =
        trace === undefined
          ? undefined
          : h('p', {}, address === undefined ? 'Click copies the trace id' : 'Click opens the trace')
      fill(this.element, h('strong', { class: bad ? 'bad' : undefined }, heading), list, hint)
    }
    this.element.hidden = false
    const box = within.getBoundingClientRect()
    const { offsetWidth, offsetHeight } = this.element
    const left = Math.min(Math.max(0, x - box.left + 14), Math.max(0, box.width - offsetWidth - 4))
    const below = y + 18 + offsetHeight < window.innerHeight
    this.element.style.left = `${left}px`
    this.element.style.top = `${y - box.top + (below ? 18 : -offsetHeight - 12)}px`
  }

  hide(): void {
    this.#item = undefined
    this.element.hidden = true
  }
}

/** The trace that a thing belongs to. */
export function describeTrace(item: AnyItem | undefined, model: Model): string | undefined {
  return item === undefined ? undefined : describe(item, model).trace
}
