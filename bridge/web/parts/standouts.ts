import { moment, shortId } from '../../src/report/model/format.js'
import type { Standout } from '../../src/report/model/standout.js'
import { fill, h, keepingFocus } from '../dom.js'
import type { Store } from '../store.js'

const WORDS = { bad: 'Danger', warn: 'Warning', note: 'Note' } as const

/** What to look at first; each leads to its place on the lanes. */
export function standouts(store: Store, shown: () => void): HTMLElement {
  const list = h('ul', { class: 'standouts' })
  const element = h(
    'section',
    { 'aria-labelledby': 'standouts-title' },
    h('h2', { id: 'standouts-title' }, 'What stands out'),
    list,
  )
  store.onFacts(() => {
    if (store.standouts.length === 0) {
      fill(list, h('li', { class: 'nothing' }, 'Nothing: no wait, no lost lease, no refused unlock.'))
      return
    }
    keepingFocus(() => fill(list, ...store.standouts.map((standout) => entry(standout, store, shown))))
  })
  return element
}

function entry(standout: Standout, store: Store, shown: () => void): HTMLElement {
  const { severity, title, detail, lock, from, to, item, more } = standout
  const place = `${shortId(lock.name, 64)} at ${moment(store.model.base, from)}${more > 0 ? `, and ${more} more like it` : ''}`
  return h(
    'li',
    { class: severity, 'data-kind': standout.kind },
    h(
      'button',
      {
        type: 'button',
        'data-key': `standout ${standout.kind}`,
        onclick: () => {
          store.goTo(lock, from, to, item)
          shown()
        },
      },
      h('span', { class: 'severity' }, WORDS[severity]),
      h('strong', {}, title),
      h('span', {}, detail),
      h('span', { class: 'place' }, place),
    ),
  )
}
