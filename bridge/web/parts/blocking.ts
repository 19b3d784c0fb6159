import { type Blocking, type BlockingReport, blockingOf } from '../../src/report/model/blocking.js'
import { count, duration, share, shortId, tailId } from '../../src/report/model/format.js'
import type { Lock, Owner } from '../../src/report/model/model.js'
import { waitEnd } from '../../src/report/model/stats.js'
import { fill, h } from '../dom.js'
import { shortName } from '../lanes/describe.js'
import type { Store } from '../store.js'

/** Owners that fit into the square; of more, those with the most to do with waiting. */
const SQUARE = 16
const PAIRS = 12

/** Who made whom wait, for each lock whose lanes are shown. */
export function blocking(store: Store, shown: () => void): HTMLElement {
  const body = h('div')
  const draw = (): void => fill(body, ...store.chosen.slice(0, 8).map((lock) => ofLock(lock, store, shown)))
  store.onChoice(draw)
  return h(
    'section',
    { 'aria-labelledby': 'blocking-title' },
    h('h2', { id: 'blocking-title' }, 'Who blocked whom'),
    body,
  )
}

function ofLock(lock: Lock, store: Store, shown: () => void): HTMLElement {
  const report = blockingOf(lock)
  const several = store.chosen.length > 1 ? h('h3', { title: lock.name }, shortId(lock.name, 80)) : undefined
  if (report.longestWait === undefined) {
    return h(
      'div',
      { class: 'blocking' },
      several,
      h('p', {}, `Nobody waited for ${shortId(lock.name, 80)}.`),
    )
  }
  return h(
    'div',
    { class: 'blocking' },
    several,
    h('p', {}, ...summary(report, store, shown)),
    h('div', { class: 'columns' }, square(lock, report), pairs(lock, report, store, shown)),
  )
}

function summary(report: BlockingReport, store: Store, shown: () => void): (Node | string)[] {
  const { longestWait, longestHolder, longestHeld, waited, unattributed } = report
  if (longestWait === undefined) return []
  const end = waitEnd(longestWait)
  const link = h(
    'button',
    {
      type: 'button',
      class: 'link',
      onclick: () => {
        store.goTo(longestWait.lock, longestWait.start, end, longestWait)
        shown()
      },
    },
    `${shortName(longestWait.owner)} waited ${duration(end - longestWait.start)}`,
  )
  const whom =
    longestHolder === undefined ? '' : `, ${duration(longestHeld)} of it for ${shortName(longestHolder)}`
  const free =
    unattributed > waited * 0.01
      ? ` ${share(unattributed / waited)} of it passed while the lock was free: waiters slept between attempts.`
      : ''
  return ['Longest single wait: ', link, `${whom}. All contended waiting: ${duration(waited)}.${free}`]
}

/** Rows hold, columns wait: the darker, the longer. */
function square(lock: Lock, { pairs: all }: BlockingReport): HTMLElement {
  const made = new Map<Owner, number>()
  const waited = new Map<Owner, number>()
  for (const { holder, waiter, total } of all) {
    made.set(holder, (made.get(holder) ?? 0) + total)
    waited.set(waiter, (waited.get(waiter) ?? 0) + total)
  }
  // Those of the most costly pairs, so that the cells that matter are there.
  const costly = new Set<Owner>()
  for (const { holder, waiter } of all) {
    if (new Set([...costly, holder, waiter]).size > SQUARE) break
    costly.add(holder).add(waiter)
  }
  const owners = [...costly].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
  const most = all[0]?.total ?? 1
  const found = new Map(all.map((pair) => [`${pair.holder.index}:${pair.waiter.index}`, pair]))
  const head = h('tr', {}, h('td', { class: 'corner' }, 'held ↓  waited →'))
  for (const owner of owners) head.append(h('th', { scope: 'col', title: owner.name }, tailId(owner.name)))
  head.append(h('th', { scope: 'col', class: 'all' }, 'in all'))
  const body = h('tbody')
  for (const holder of owners) {
    const row = h('tr', {}, h('th', { scope: 'row', title: holder.name }, tailId(holder.name)))
    for (const waiter of owners) {
      const pair = found.get(`${holder.index}:${waiter.index}`)
      const cell = h(
        'td',
        { title: pair === undefined ? undefined : pairText(pair) },
        pair === undefined ? (holder === waiter ? '' : '·') : duration(pair.total),
      )
      if (pair !== undefined) {
        cell.style.setProperty('--heat', `${Math.round((pair.total / most) * 100)}%`)
        cell.classList.add('hot')
        if (pair.total > most * 0.75) cell.classList.add('hottest')
      }
      row.append(cell)
    }
    row.append(h('td', { class: 'all' }, sum(made, holder)))
    body.append(row)
  }
  const foot = h('tr', {}, h('th', { scope: 'row', class: 'all' }, 'waited in all'))
  for (const waiter of owners) foot.append(h('td', { class: 'all' }, sum(waited, waiter)))
  foot.append(h('td', { class: 'all' }))
  body.append(foot)
  const known = new Set([...made.keys(), ...waited.keys()]).size
  const left = known - owners.length
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Who blocked whom on ${lock.name}` },
    h(
      'table',
      { class: 'square' },
      h(
        'caption',
        {},
        `How long each row made each column wait${left > 0 ? `; ${owners.length} of ${count(known)} owners, those of the most costly pairs` : ''}`,
      ),
      h('thead', {}, head),
      body,
    ),
  )
}

function sum(totals: ReadonlyMap<Owner, number>, owner: Owner): string {
  const total = totals.get(owner)
  return total === undefined ? '·' : duration(total)
}

function pairs(
  lock: Lock,
  { pairs: all, waited }: BlockingReport,
  store: Store,
  shown: () => void,
): HTMLElement {
  const body = h('tbody')
  for (const pair of all.slice(0, PAIRS)) {
    const { longestWait } = pair
    const go = (): void => {
      store.goTo(lock, longestWait.start, waitEnd(longestWait), longestWait)
      shown()
    }
    body.append(
      h(
        'tr',
        {},
        h('td', { title: pair.holder.name }, shortName(pair.holder)),
        h('td', { title: pair.waiter.name }, shortName(pair.waiter)),
        h('td', {}, duration(pair.total)),
        h('td', {}, share(pair.total / waited)),
        h('td', {}, count(pair.waits)),
        h('td', {}, h('button', { type: 'button', class: 'link', onclick: go }, duration(pair.longest))),
      ),
    )
  }
  const head = h('tr')
  for (const name of ['Holder', 'made wait', 'In all', 'Share', 'Waits', 'Longest'])
    head.append(h('th', { scope: 'col' }, name))
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `The most costly pairs on ${lock.name}` },
    h(
      'table',
      { class: 'pairs' },
      h(
        'caption',
        {},
        all.length > PAIRS ? `The ${PAIRS} most costly of ${count(all.length)} pairs` : 'All pairs',
      ),
      h('thead', {}, head),
      body,
    ),
  )
}

function pairText({ holder, waiter, total, waits, longest }: Blocking): string {
  return `${holder.name} made ${waiter.name} wait ${duration(total)} in ${count(waits)} waits, at most ${duration(longest)}`
}
