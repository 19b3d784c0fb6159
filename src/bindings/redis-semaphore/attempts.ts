import type { HrTime } from '@opentelemetry/api'
import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import { quietly } from '../internal/quietly.js'

type Method = (...args: unknown[]) => unknown

/** A client of redis-semaphore, as far as an acquire uses it. */
export type RedisClient = object

/**
 * Sees the attempts of one acquire in what the clients answer: a mutex asks by `set`, a semaphore by a
 * script. The clients are stood in for during this acquire only, and hand back what the real ones return.
 */
export class Attempts {
  readonly #acquisition: Acquisition
  readonly #nodes: number
  readonly #quorum: number
  readonly #sleep: number
  #start: HrTime
  #end: HrTime
  #asked = 0
  #answered = 0
  #granted = 0
  #error: { readonly cause: unknown } | undefined
  /** The first command, or script, is the one that acquires; others take back what it got. */
  #asks: unknown
  /** How many nodes are to be sent the script in full. */
  #resent = 0

  constructor(acquisition: Acquisition, nodes: number, sleep: number) {
    this.#acquisition = acquisition
    this.#nodes = nodes
    this.#quorum = Math.round((nodes + 1) / 2)
    this.#sleep = sleep
    this.#start = acquisition.start
    this.#end = acquisition.start
  }

  /** When the last attempt was asked. */
  get start(): HrTime {
    return this.#start
  }

  /** When the last attempt was answered by all nodes. */
  get end(): HrTime {
    return this.#end
  }

  /** Stands in for a client. */
  observe(client: RedisClient): RedisClient {
    return new Proxy(client, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        const method = value as Method
        if (key !== 'set' && key !== 'evalsha' && key !== 'eval') return method.bind(target)
        return (...args: unknown[]) => {
          const answer: unknown = Reflect.apply(method, target, args)
          quietly(() => this.#watch(key, args, answer))
          return answer
        }
      },
    })
  }

  #watch(key: 'set' | 'evalsha' | 'eval', args: unknown[], answer: unknown): void {
    // A script that the node does not know yet is sent in full: the same attempt goes on.
    if (key === 'eval') {
      if (this.#resent === 0) return
      this.#resent -= 1
    } else {
      const asks = key === 'set' ? key : args[0]
      this.#asks ??= asks
      if (asks !== this.#asks) return
      this.#ask()
    }
    Promise.resolve(answer).then(
      (result) => this.#answer(result === 'OK' || Number(result) === 1),
      (error: unknown) => {
        if (key === 'evalsha' && String(error).includes('NOSCRIPT')) {
          this.#resent += 1
          return
        }
        this.#error ??= { cause: error }
        this.#answer(false)
      },
    )
  }

  #ask(): void {
    if (this.#asked === 0) this.#start = now()
    this.#asked += 1
  }

  #answer(granted: boolean): void {
    this.#answered += 1
    if (granted) this.#granted += 1
    if (this.#answered < this.#nodes) return
    this.#end = now()
    const error = this.#error
    const acquired = this.#granted >= this.#quorum
    this.#asked = 0
    this.#answered = 0
    this.#granted = 0
    this.#error = undefined
    if (acquired) return
    const attempt = { start: this.#start, end: this.#end, sleep: this.#sleep }
    if (error !== undefined) this.#acquisition.attemptFailed(error.cause, attempt)
    else this.#acquisition.busy(attempt)
  }
}
