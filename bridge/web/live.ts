import type { PageData } from '../src/report/model/page-data.js'
import { announce, fill, h } from './dom.js'
import type { Store } from './store.js'

const EVERY_MS = 1_000
/** After a failure the page asks less and less often, up to this. */
const AT_MOST_MS = 30_000
/** Taking news in may take this part of the time at most. */
const LOAD = 0.1
/** Ids of a page that is open for days pile up; from so many on, and twice as many as are in use, it begins anew. */
const MANY_IDS = 20_000

/**
 * Asks the bridge for news: while somebody looks at the page, and never while an answer is under way. A page
 * that nobody looks at asks nothing, and so holds nothing open: neither a connection nor memory in the bridge.
 */
export class Live {
  readonly status = h('span', { class: 'status', role: 'status' }, 'connecting')
  readonly #store: Store
  readonly #pause = h('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause')
  #paused = false
  #timer = 0
  #wait = EVERY_MS
  #busy = false
  #run = ''
  #cost = 0
  /** Ids that the newest whole answer named. */
  #inUse = 0

  constructor(store: Store) {
    this.#store = store
    this.#pause.addEventListener('click', () => this.#toggle())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#soon(0)
    })
    window.addEventListener('online', () => this.#soon(0))
  }

  get element(): HTMLElement {
    return h('div', { class: 'live' }, this.status, this.#pause)
  }

  start(): void {
    this.#soon(0)
  }

  #toggle(): void {
    this.#paused = !this.#paused
    this.#pause.setAttribute('aria-pressed', String(this.#paused))
    fill(this.#pause, this.#paused ? 'Go on' : 'Pause')
    if (this.#paused) this.#say('paused', 'paused')
    else this.#soon(0)
  }

  #soon(wait: number): void {
    clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => void this.#ask(), wait)
  }

  async #ask(): Promise<void> {
    if (this.#paused || this.#busy || document.visibilityState === 'hidden') return
    this.#busy = true
    try {
      const { model } = this.#store
      const ids = model.owners.length + model.locks.length
      const anew = this.#run === '' || ids > Math.max(MANY_IDS, this.#inUse * 2)
      const response = await fetch(`facts?run=${this.#run}&since=${anew ? 0 : model.seq}`, {
        cache: 'no-store',
      })
      if (response.status !== 204) {
        if (!response.ok) throw new Error(`the bridge answered ${response.status}`)
        const { run, data } = (await response.json()) as { run: string; data: PageData }
        // Another bridge answers at the same address: what is known is of another stream.
        const began = performance.now()
        const replaces = anew || run !== this.#run
        this.#store.take(data, replaces)
        if (replaces) this.#inUse = data.owners.length + data.locks.length
        this.#run = run
        this.#cost = performance.now() - began
      }
      this.#wait = Math.max(EVERY_MS, this.#cost / LOAD)
      this.#say('live', 'on')
    } catch {
      this.#wait = Math.min(AT_MOST_MS, this.#wait * 2)
      this.#say('the bridge does not answer', 'off')
    } finally {
      this.#busy = false
      this.#soon(this.#wait)
    }
  }

  #say(text: string, state: string): void {
    if (this.status.textContent === text) return
    this.status.textContent = text
    this.status.dataset['state'] = state
    if (state === 'off') announce(text)
  }
}
