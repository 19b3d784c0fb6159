import type { Readable } from 'node:stream'
import type { InputClock } from './clock.js'

/** Takes the bytes of one input. */
export interface Input {
  /** Takes a chunk, which must not be reused; resolves when the next one may come. */
  feed(chunk: Buffer): Promise<void>
  /** There is no more: a last line without its end is a line. */
  end(): Promise<void>
  /** The file was truncated: a line that has begun is gone. */
  restart(): void
}

/** Tells the readers that the process is to end. */
export class StopSignal {
  #requested = false
  #wake: (() => void)[] = []

  get requested(): boolean {
    return this.#requested
  }

  request(): void {
    this.#requested = true
    const wake = this.#wake
    this.#wake = []
    for (const each of wake) each()
  }

  /** Resolves as soon as a stop is requested; keeps the process alive until then. */
  async requests(): Promise<void> {
    while (!this.#requested) await this.sleep(2 ** 30)
  }

  /** Resolves after `ms`, or as soon as a stop is requested. */
  sleep(ms: number): Promise<void> {
    if (this.#requested) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wake = this.#wake.filter((each) => each !== done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake.push(done)
    })
  }

  /** Calls back when a stop is requested, unless the returned function is called before. */
  onRequest(callback: () => void): () => void {
    if (this.#requested) {
      callback()
      return () => undefined
    }
    this.#wake.push(callback)
    return () => {
      this.#wake = this.#wake.filter((each) => each !== callback)
    }
  }
}

/** After a stop a pipe is read on while there is something in it: the service's last lines. */
const LAST_LINES_QUIET_MS = 1_000
const LAST_LINES_MOST_MS = 4_000

/**
 * Reads a pipe (or anything else that has no length) to its end. The clock advances while it waits. After a stop it
 * reads on until the stream ends, is silent, or has had a few seconds.
 */
export async function readStream(
  stream: Readable,
  input: Input,
  clock: InputClock,
  stop: StopSignal,
): Promise<void> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>
  clock.open()
  let deadline: number | undefined
  let pending: Promise<Chunk> | undefined
  try {
    pending = chunks.next()
    for (;;) {
      const chunk = await clock.waiting(
        deadline === undefined ? orStopped(pending, stop) : within(pending, deadline),
      )
      if (chunk === 'stopped') {
        deadline = performance.now() + LAST_LINES_MOST_MS
        continue
      }
      if (chunk === undefined || chunk.done === true) break
      const { value } = chunk
      await input.feed(typeof value === 'string' ? Buffer.from(value) : value)
      pending = chunks.next()
    }
    await input.end()
  } finally {
    clock.close()
    // A read that is still under way ends with an error nobody waits for.
    pending?.catch(() => undefined)
    stream.destroy()
  }
}

type Chunk = IteratorResult<Buffer | string>

/** The next chunk, unless a stop is requested first. */
async function orStopped(next: Promise<Chunk>, stop: StopSignal): Promise<Chunk | 'stopped'> {
  let cancel: () => void = () => undefined
  // A new promise each time: one that lives as long as the process would gather a reaction for every chunk.
  const stopped = new Promise<'stopped'>((resolve) => {
    cancel = stop.onRequest(() => resolve('stopped'))
  })
  try {
    return await Promise.race([next, stopped])
  } finally {
    cancel()
  }
}

/** The next chunk, or `undefined` when none comes in time. */
async function within(next: Promise<Chunk>, deadline: number): Promise<Chunk | undefined> {
  let timer: NodeJS.Timeout | undefined
  const ms = Math.max(0, Math.min(LAST_LINES_QUIET_MS, deadline - performance.now()))
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([next, late])
  } finally {
    clearTimeout(timer)
  }
}
