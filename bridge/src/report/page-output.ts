import { writeFile } from 'node:fs/promises'
import {
  ContentionRecorder,
  type LockObserver,
  type OpenAcquires,
  type OtelListener,
} from 'storage-lock-otel'
import { createReport, type PageOptions } from './html.js'
import { LIVE_FACTS, LIVE_WINDOW_SECONDS, LiveReport } from './live.js'

export interface PageRequest extends PageOptions {
  /** Write the page to this file when the input is over. */
  readonly file: string | undefined
  /** Serve it here meanwhile. */
  readonly ui: { readonly host: string; readonly port: number } | undefined
  readonly ownerId: 'keep' | 'hash' | 'drop'
}

/** The contention page as a file at the end, as a live page, or both. */
export class PageOutput {
  /** To be told the facts by the listener. */
  readonly observer: LockObserver
  readonly #request: PageRequest
  readonly #all: ContentionRecorder | undefined
  readonly #live: LiveReport | undefined
  #waiting: (() => OpenAcquires) | undefined

  constructor(request: PageRequest) {
    const { file, ui, ownerId } = request
    this.#request = request
    this.#all = file === undefined ? undefined : new ContentionRecorder({ ownerId })
    const recent =
      ui === undefined
        ? undefined
        : new ContentionRecorder({ ownerId, facts: LIVE_FACTS, window: LIVE_WINDOW_SECONDS })
    this.#live = recent && new LiveReport(recent, request, () => this.#waiting?.())
    this.observer = both([this.#all, recent].filter((each) => each !== undefined))
  }

  /**
   * Begins to serve.
   *
   * @param listener who tells the observer, and who waits now
   * @returns the live page's address
   */
  async listen(listener: Pick<OtelListener, 'waiting'>): Promise<string | undefined> {
    this.#waiting = () => listener.waiting()
    const { ui } = this.#request
    return ui === undefined ? undefined : this.#live?.listen(ui.host, ui.port)
  }

  /** Writes the file, after everything was told. @returns its path; undefined where none is wanted */
  async write(): Promise<string | undefined> {
    const { file } = this.#request
    if (file === undefined || this.#all === undefined) return undefined
    await writeFile(file, createReport(this.#all.all(), this.#request))
    return file
  }

  async close(): Promise<void> {
    await this.#live?.close()
  }
}

function both(recorders: readonly ContentionRecorder[]): LockObserver {
  const [only] = recorders
  if (recorders.length === 1 && only !== undefined) return only
  return {
    operation: (operation, hold) => {
      for (const each of recorders) each.operation(operation, hold)
    },
    renewal: (renewal, hold) => {
      for (const each of recorders) each.renewal(renewal, hold)
    },
    holdEnded: (hold, reason) => {
      for (const each of recorders) each.holdEnded(hold, reason)
    },
  }
}
