import type { Event } from 'storage-lock-otel'
import type { TrackedFile } from '../input/checkpoints.js'
import {
  type LineCounts,
  type LineHandlers,
  LineReader,
  newLineCounts,
  type Place,
} from '../input/line-reader.js'
import { LineSplitter } from '../input/lines.js'
import type { Input } from '../input/reading.js'

/** Where what is read goes. */
export interface IntakeTargets {
  event(event: Event): void
  broken(reason: string, place: Place): void
  /** Lines of stdin that are no events. */
  pass(bytes: Buffer): void
  /** After each chunk: a promise if the next one has to wait. */
  pressure(): Promise<void> | undefined
}

export interface InputSource {
  /** For messages. */
  readonly name: string
  /** Lines that are no events are passed on. */
  readonly passes: boolean
  /** Where reading begins. */
  readonly offset?: number
  /** Lines before that. */
  readonly lines?: number
}

/** An input with its place in the file, for the state. */
export interface OpenInput extends Input {
  position(): { offset: number; lines: number }
  /** Sets who follows how far this file is delivered. */
  track(file: TrackedFile): void
}

/** Turns the bytes of all inputs into events for the listener, and holds the readers when anything is behind. */
export class Intake {
  readonly counts: LineCounts = newLineCounts()
  readonly #targets: IntakeTargets
  readonly #maxLineBytes: number

  constructor(targets: IntakeTargets, maxLineBytes: number) {
    this.#targets = targets
    this.#maxLineBytes = maxLineBytes
  }

  open(source: InputSource): OpenInput {
    const targets = this.#targets
    let tracked: TrackedFile | undefined
    const handlers: LineHandlers = {
      event: (event, place) => {
        const rootId = event.rootId || event.parentId || event.id
        if (tracked?.event(rootId, place) !== false) targets.event(event)
      },
      broken: (reason, place) => targets.broken(reason, place),
      other: (bytes) => {
        if (source.passes) targets.pass(bytes)
      },
    }
    const newReader = (): LineReader => new LineReader(source.name, handlers, this.counts, this.#maxLineBytes)
    let reader = newReader()
    const sink = {
      line: (line: Parameters<LineReader['line']>[0]) => reader.line(line),
      overlong: (piece: Buffer, number: number, first: boolean) => reader.overlong(piece, number, first),
    }
    const splitter = new LineSplitter(sink, {
      maxLineBytes: this.#maxLineBytes,
      offset: source.offset ?? 0,
      lines: source.lines ?? 0,
    })
    return {
      feed: async (chunk) => {
        tracked?.sees(chunk)
        splitter.push(chunk)
        await this.#yield()
      },
      end: async () => {
        splitter.end()
        reader.end()
        await this.#yield()
      },
      restart: () => {
        reader.end()
        reader = newReader()
        splitter.restart()
        tracked?.restart()
      },
      position: () => {
        const { held } = reader
        return held !== undefined && held.offset < splitter.offset
          ? { offset: held.offset, lines: held.line - 1 }
          : { offset: splitter.offset, lines: splitter.lines }
      },
      track: (file) => {
        tracked = file
      },
    }
  }

  /** Lets spans be made, answers come in and slow outputs catch up. */
  async #yield(): Promise<void> {
    await this.#targets.pressure()
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }
}
