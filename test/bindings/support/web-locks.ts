import type { WebLock } from '../../../src/bindings/instrument.js'

interface Options {
  readonly ifAvailable?: boolean
  readonly steal?: boolean
  readonly signal?: AbortSignal
}

type Work<T> = (lock: WebLock | null) => T | Promise<T>

interface Request {
  readonly run: () => void
}

/** The Web Locks API for exclusive locks, as its specification has it, for Nodes that lack it. */
export class WebLocks {
  readonly #held = new Map<string, { readonly lose: (error: unknown) => void }>()
  readonly #queue = new Map<string, Request[]>()

  request<T>(name: string, work: Work<T>): Promise<T>
  request<T>(name: string, options: Options, work: Work<T>): Promise<T>
  request<T>(name: string, ...rest: [Work<T>] | [Options, Work<T>]): Promise<T> {
    const work = rest.at(-1) as Work<T>
    const options: Options = rest.length === 2 ? rest[0] : {}
    return new Promise((resolve, reject) => {
      const run = (): void => {
        const holder = { lose: reject }
        this.#held.set(name, holder)
        void Promise.resolve()
          .then(() => work({ name, mode: 'exclusive' }))
          .then(resolve, reject)
          .finally(() => {
            if (this.#held.get(name) !== holder) return
            this.#held.delete(name)
            this.#queue.get(name)?.shift()?.run()
          })
      }
      const holder = this.#held.get(name)
      if (holder === undefined) return run()
      if (options.steal === true) {
        holder.lose(new DOMException('The lock was stolen', 'AbortError'))
        return run()
      }
      if (options.ifAvailable === true) {
        void Promise.resolve()
          .then(() => work(null))
          .then(resolve, reject)
        return
      }
      const request = { run }
      const queue = this.#queue.get(name) ?? []
      this.#queue.set(name, [...queue, request])
      options.signal?.addEventListener('abort', () => {
        this.#queue.set(
          name,
          (this.#queue.get(name) ?? []).filter((each) => each !== request),
        )
        reject(options.signal?.reason as Error)
      })
    })
  }

  async query(): Promise<{ held: WebLock[]; pending: WebLock[] }> {
    return {
      held: [...this.#held.keys()].map((name) => ({ name, mode: 'exclusive' })),
      pending: [...this.#queue].flatMap(([name, queue]) =>
        queue.map(() => ({ name, mode: 'exclusive' as const })),
      ),
    }
  }
}
