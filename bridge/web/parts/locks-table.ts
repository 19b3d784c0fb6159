import { count, decimal, duration, plural, share } from '../../src/report/model/format.js'
import type { Lock } from '../../src/report/model/model.js'
import type { LockStats } from '../../src/report/model/stats.js'
import { announce, ended, fill, h, keepingFocus } from '../dom.js'
import type { Store } from '../store.js'

interface Column {
  readonly key: string
  readonly name: string
  readonly title: string
  readonly value: (stats: LockStats) => number | string
  readonly text: (stats: LockStats) => string
  /** 0 to 1: drawn as a bar behind the text. */
  readonly bar?: (stats: LockStats) => number
  /** Holding, not waiting: the bar has its colour. */
  readonly held?: boolean
  readonly bad?: (stats: LockStats) => boolean
}

const number = (
  key: string,
  name: string,
  title: string,
  value: (stats: LockStats) => number,
  text: (value: number) => string = count,
  more: Pick<Column, 'bar' | 'held' | 'bad'> = {},
): Column => ({ key, name, title, value, text: (stats) => text(value(stats)), ...more })

const timed = (key: string, name: string, title: string, value: (stats: LockStats) => number): Column => ({
  key,
  name,
  title,
  value,
  text: (stats) => (value(stats) === 0 ? '–' : duration(value(stats))),
})

const COLUMNS: readonly Column[] = [
  number('acquires', 'Acquires', 'Calls of Lock whose outcome is known', (s) => s.acquires),
  number(
    'contended',
    'Contended',
    'Share of acquires that found the lock held or lost a race',
    (s) => s.contendedShare,
    share,
    {
      bar: (s) => s.contendedShare,
    },
  ),
  timed('wait50', 'Wait p50', 'Half of the acquires took no longer', (s) => s.wait.p50),
  timed('wait90', 'p90', 'Nine in ten acquires took no longer', (s) => s.wait.p90),
  timed('wait99', 'p99', '99 in 100 acquires took no longer', (s) => s.wait.p99),
  timed('waitmax', 'max', 'The longest acquire', (s) => s.wait.max),
  timed('hold50', 'Hold p50', 'Half of the holds took no longer', (s) => s.hold.p50),
  timed('hold90', 'p90', 'Nine in ten holds took no longer', (s) => s.hold.p90),
  timed('hold99', 'p99', '99 in 100 holds took no longer', (s) => s.hold.p99),
  timed('holdmax', 'max', 'The longest hold', (s) => s.hold.max),
  number('retries', 'Retries', 'Attempts after the first, per acquire', (s) => s.retries, decimal),
  number('saturation', 'Saturation', 'Share of the time that somebody held it', (s) => s.saturation, share, {
    bar: (s) => s.saturation,
    held: true,
  }),
  number('failed', 'Failed', 'Acquires that timed out or failed', (s) => s.timeouts + s.errors, count, {
    bad: (s) => s.timeouts + s.errors > 0,
  }),
  number('losses', 'Leases lost', 'Leases lost while the lock was held', (s) => s.losses, count, {
    bad: (s) => s.losses > 0,
  }),
  number('takeovers', 'Takeovers', 'Expired or abandoned records taken over', (s) => s.takeovers, count, {
    bad: (s) => s.takeovers > 0,
  }),
  number('refused', 'Refused', 'Unlocks refused: not the owner any more', (s) => s.refused, count, {
    bad: (s) => s.refused > 0,
  }),
]

/** Rows that are shown before somebody asks for more. */
const ROWS = 100

/** The locks with their figures; choosing one shows its lanes. */
export class LocksTable {
  readonly element: HTMLElement
  readonly #store: Store
  readonly #head = h('tr')
  readonly #body = h('tbody')
  readonly #filter = h('input', {
    type: 'search',
    id: 'lock-filter',
    placeholder: 'Filter locks',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  readonly #count = h('span', { class: 'count', role: 'status' })
  readonly #more = h('button', { type: 'button', hidden: true })
  #sort: { key: string; down: boolean } = { key: 'waitsum', down: true }
  #rows = ROWS

  constructor(store: Store) {
    this.#store = store
    this.#filter.addEventListener('input', () => {
      this.#rows = ROWS
      this.#draw()
    })
    this.#more.addEventListener('click', () => {
      this.#rows *= 4
      this.#draw()
    })
    this.element = h(
      'section',
      { 'aria-labelledby': 'locks-title', class: 'locks' },
      h(
        'div',
        { class: 'bar' },
        h('h2', { id: 'locks-title' }, 'Locks'),
        h('label', { class: 'offscreen', for: 'lock-filter' }, 'Filter locks by name'),
        this.#filter,
        this.#count,
      ),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'locks-title' },
        h('table', { id: 'locks' }, h('thead', {}, this.#head), this.#body),
      ),
      this.#more,
    )
    store.onFacts(() => this.#draw())
    store.onChoice(() => this.#mark())
  }

  #draw(): void {
    keepingFocus(() => this.#redraw())
  }

  #redraw(): void {
    const many = new Set(this.#store.stats.map((stats) => stats.lock.storage)).size > 1
    const sorted = this.#sorted()
    fill(
      this.#head,
      this.#heading('name', 'Lock', 'The id of the lock'),
      ...COLUMNS.map((column) => this.#heading(column.key, column.name, column.title)),
    )
    fill(this.#body, ...sorted.slice(0, this.#rows).map((stats) => this.#row(stats, many)))
    const all = this.#store.stats.length
    fill(
      this.#count,
      sorted.length === all ? plural(all, 'lock') : `${count(sorted.length)} of ${plural(all, 'lock')}`,
    )
    this.#more.hidden = sorted.length <= this.#rows
    fill(this.#more, `Show more of the other ${count(sorted.length - this.#rows)} locks`)
    this.#mark()
  }

  #sorted(): LockStats[] {
    const wanted = this.#filter.value.trim().toLowerCase()
    const found = this.#store.stats.filter(
      ({ lock }) => lock.name.toLowerCase().includes(wanted) || lock.storage.toLowerCase().includes(wanted),
    )
    const { key, down } = this.#sort
    const column = COLUMNS.find((each) => each.key === key)
    const byName = (a: LockStats, b: LockStats): number =>
      a.lock.name.localeCompare(b.lock.name, 'en', { numeric: true })
    const value = column === undefined ? (stats: LockStats) => stats.wait.sum : column.value
    return found.sort((a, b) => {
      const order = key === 'name' ? byName(a, b) : Number(value(a)) - Number(value(b))
      return (down ? -order : order) || byName(a, b)
    })
  }

  #heading(key: string, name: string, title: string): HTMLElement {
    const sorted = this.#sort.key === key
    const button = h(
      'button',
      {
        type: 'button',
        title,
        'aria-label': `${name}: ${title}`,
        'data-sort': key,
        'data-key': `sort ${key}`,
        onclick: () => {
          this.#sort = { key, down: sorted ? !this.#sort.down : key !== 'name' }
          this.#draw()
          announce(`Sorted by ${title}, ${this.#sort.down ? 'largest' : 'smallest'} first`)
        },
      },
      name,
    )
    return h(
      'th',
      { scope: 'col', 'aria-sort': sorted ? (this.#sort.down ? 'descending' : 'ascending') : undefined },
      button,
    )
  }

  #row(stats: LockStats, storages: boolean): HTMLElement {
    const { lock } = stats
    const stack = h('input', {
      type: 'checkbox',
      'data-key': `stack ${lock.storage} ${lock.id}`,
      'aria-label': `Show the lanes of ${lock.name} beside others`,
      onchange: (event) => this.#stack(lock, (event.target as HTMLInputElement).checked),
    })
    const choose = h(
      'button',
      {
        type: 'button',
        class: 'choose',
        title: lock.name,
        'data-key': `choose ${lock.storage} ${lock.id}`,
        onclick: () => this.#store.choose([lock]),
      },
      ...ended(lock.name),
    )
    const row = h(
      'tr',
      { 'data-lock': lock.index },
      h(
        'th',
        { scope: 'row' },
        h('span', { class: 'lock' }, stack, choose),
        storages ? h('small', {}, lock.storage) : undefined,
      ),
    )
    for (const column of COLUMNS) {
      const cell = h(
        'td',
        { class: column.bad?.(stats) === true ? 'bad' : undefined, 'data-column': column.key },
        column.text(stats),
      )
      if (column.bar !== undefined) {
        cell.classList.add('barred')
        cell.classList.toggle('held', column.held === true)
        cell.style.setProperty('--part', String(column.bar(stats)))
      }
      row.append(cell)
    }
    return row
  }

  #stack(lock: Lock, on: boolean): void {
    const { chosen } = this.#store
    const next = on ? [...chosen, lock] : chosen.filter((each) => each !== lock)
    this.#store.choose(next.length === 0 ? [lock] : next)
  }

  #mark(): void {
    const chosen = new Set(this.#store.chosen.map((lock) => String(lock.index)))
    for (const row of this.#body.rows) {
      const on = chosen.has(row.dataset['lock'] ?? '')
      row.classList.toggle('chosen', on)
      const box = row.querySelector('input')
      if (box !== null) box.checked = on
      row.querySelector('.choose')?.setAttribute('aria-pressed', String(on))
    }
  }
}
