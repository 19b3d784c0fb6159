import { clockTime, count, day, duration, plural, share } from '../../src/report/model/format.js'
import type { Model } from '../../src/report/model/model.js'
import { ownersOf, totalOf } from '../../src/report/model/stats.js'
import { fill, h } from '../dom.js'
import type { Store } from '../store.js'

/** The title, where the facts come from, and the figures that matter most. */
export function header(store: Store, status: HTMLElement | undefined): HTMLElement {
  const about = h('p', { class: 'about' })
  const figures = h('dl', { class: 'figures' })
  const notice = h('p', { class: 'notice', hidden: true })
  const draw = (): void => {
    const { stats, model, time, empty } = store
    const { title, source } = store.settings
    document.title = title
    const when = empty
      ? 'no lock was asked for yet'
      : `${day(model.base, time[0])} ${clockTime(model.base, time[0], 3)} UTC, ${duration(time[1] - time[0])}`
    fill(about, source === '' ? '' : `${source} · `, when)
    const of = (pick: Parameters<typeof totalOf>[1]): number => totalOf(stats, pick)
    const acquires = of((each) => each.acquires)
    const contended = of((each) => each.contended)
    const longest = stats.reduce((most, each) => Math.max(most, each.wait.max), 0)
    const failed = of((each) => each.timeouts) + of((each) => each.errors)
    const open = of((each) => each.unfinished) + of((each) => each.held)
    fill(
      figures,
      figure('Locks', count(stats.length), plural(ownersIn(model), 'owner')),
      figure(
        'Acquires',
        count(acquires),
        failed === 0 ? 'none failed' : `${count(failed)} failed`,
        failed > 0 ? 'detail' : undefined,
        'acquires',
      ),
      figure(
        'Contended',
        acquires === 0 ? '–' : share(contended / acquires),
        plural(contended, 'acquire'),
        undefined,
        'contended',
      ),
      figure(
        'Longest wait',
        acquires === 0 ? '–' : duration(longest),
        `${duration(of((each) => each.wait.sum))} in all`,
      ),
      figure(
        'Busy tries',
        count(of((each) => each.busy)),
        plural(
          of((each) => each.misses),
          'lost race',
        ),
        undefined,
        'contentions',
      ),
      figure(
        'Leases lost',
        count(of((each) => each.losses)),
        plural(
          of((each) => each.takeovers),
          'takeover',
        ),
        of((each) => each.losses) > 0 ? 'value' : undefined,
        'losses',
      ),
      figure(
        'Unlocks refused',
        count(of((each) => each.refused)),
        `of ${count(of((each) => each.releases))}`,
        of((each) => each.refused) > 0 ? 'value' : undefined,
        'refused',
      ),
      figure('Open at the end', count(open), `${count(of((each) => each.held))} held`),
    )
    notice.hidden = model.forgotten === 0 || store.settings.live === true
    fill(
      notice,
      `The oldest ${plural(model.forgotten, 'event')} of this stream are left out: a page has room for only so many.`,
    )
  }
  store.onFacts(draw)
  return h(
    'header',
    {},
    h('div', { class: 'titles' }, h('h1', {}, store.settings.title), status),
    about,
    notice,
    figures,
  )
}

/** Owners that did something: those that a live page knows from earlier do not count. */
function ownersIn(model: Model): number {
  return new Set(model.locks.flatMap((lock) => ownersOf(lock))).size
}

/** @param bad which of the two is a reason to worry */
function figure(
  name: string,
  value: string,
  detail: string,
  bad?: 'value' | 'detail',
  id?: string,
): HTMLElement {
  return h(
    'div',
    { class: bad === 'value' ? 'figure bad' : 'figure', 'data-figure': id },
    h('dt', {}, name),
    h('dd', {}, value),
    h('dd', { class: bad === 'detail' ? 'detail bad' : 'detail' }, detail),
  )
}
