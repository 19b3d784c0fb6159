import type { HrTime } from '@opentelemetry/api'
import { now } from '../../events/index.js'
import type { Acquisition } from '../internal/acquisition.js'
import { quietly } from '../internal/quietly.js'

/** A client of redis-semaphore: the commands by which its locks work. */
export interface RedisClient {
  readonly options?: unknown
  eval(...args: unknown[]): Promise<unknown>
  evalsha(...args: unknown[]): Promise<unknown>
  get(...args: unknown[]): Promise<unknown>
  set(...args: unknown[]): Promise<unknown>
  zrem(...args: unknown[]): Promise<unknown>
}

/**
 * Sees the attempts of one acquire in what the clients answer: a mutex asks by `set`, a semaphore by a
 * script.
 */
export class Attempts {
  readonly #acquisition: Acquisition
  readonly #nodes: number
  readonly #sleep: number
  #start: HrTime
  #end: HrTime
  #asked = 0
  #answered = 0
  #granted = 0
  #denied = 0
  #error: { readonly cause: unknown } | undefined
  #failure: { readonly cause: unknown } | undefined
  /** The first command, or script, is the one that acquires; others take back what it got. */
  #asks: unknown
  /** How many nodes are to be sent the script in full. */
  #resent = 0

  constructor(acquisition: Acquisition, nodes: number, sleep: number) {
    this.#acquisition = acquisition
    this.#nodes = nodes
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

  /** Why the last attempt failed, if no node said that the lock is held. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure
  }

  /** A node is asked by `set`, or by the digest of a script. */
  asked(by: unknown, answer: Promise<unknown>): void {
    this.#asks ??= by
    if (by !== this.#asks) return
    if (this.#asked === 0) this.#start = now()
    this.#asked += 1
    this.#watch(answer)
  }

  /** A script that the node does not know yet is sent in full: the same attempt goes on. */
  sentInFull(answer: Promise<unknown>): void {
    if (this.#resent === 0) return
    this.#resent -= 1
    this.#watch(answer)
  }

  #watch(answer: Promise<unknown>): void {
    answer.then(
      (result) => {
        if (result === 'OK' || Number(result) === 1) this.#granted += 1
        else this.#denied += 1
        this.#answer()
      },
      (error: unknown) => {
        if (this.#asks !== 'set' && String(error).includes('NOSCRIPT')) {
          this.#resent += 1
          return
        }
        this.#error ??= { cause: error }
        this.#answer()
      },
    )
  }

  #answer(): void {
    this.#answered += 1
    if (this.#answered < this.#nodes) return
    this.#end = now()
    // As with redlock: a node that says so suffices, since those that failed may have said it too.
    this.#failure = this.#denied > 0 ? undefined : this.#error
    const acquired = this.#granted >= Math.round((this.#nodes + 1) / 2)
    this.#asked = 0
    this.#answered = 0
    this.#granted = 0
    this.#denied = 0
    this.#error = undefined
    if (acquired) return
    const attempt = { start: this.#start, end: this.#end, sleep: this.#sleep }
    if (this.#failure === undefined) this.#acquisition.busy(attempt)
    else this.#acquisition.attemptFailed(this.#failure.cause, attempt)
  }
}

/** Stands in for a client during one acquire. What it returns is what the client returned. */
export class ObservedClient implements RedisClient {
  readonly #client: RedisClient
  readonly #attempts: Attempts

  constructor(client: RedisClient, attempts: Attempts) {
    this.#client = client
    this.#attempts = attempts
  }

  get options(): unknown {
    return this.#client.options
  }

  set(...args: unknown[]): Promise<unknown> {
    const answer = this.#client.set(...args)
    quietly(() => this.#attempts.asked('set', answer))
    return answer
  }

  evalsha(...args: unknown[]): Promise<unknown> {
    const answer = this.#client.evalsha(...args)
    quietly(() => this.#attempts.asked(args[0], answer))
    return answer
  }

  eval(...args: unknown[]): Promise<unknown> {
    const answer = this.#client.eval(...args)
    quietly(() => this.#attempts.sentInFull(answer))
    return answer
  }

  get(...args: unknown[]): Promise<unknown> {
    return this.#client.get(...args)
  }

  zrem(...args: unknown[]): Promise<unknown> {
    return this.#client.zrem(...args)
  }
}
