import type { FileIdentity } from './follow.js'
import type { Place } from './line-reader.js'
import { type FileState, HEAD_BYTES, hashHead, saveState } from './state.js'

/** A position in a file, at the beginning of a line. */
interface Position {
  readonly offset: number
  /** Lines before it. */
  readonly lines: number
}

/** What can be asked about what was read. */
export interface CheckpointSource {
  /**
   * Root ids of the trees of which events were read that have not become spans yet; `undefined` if that is not known,
   * and nothing can be said before the end.
   */
  pending(): ReadonlySet<string> | undefined
  /** Spans made so far. */
  readonly made: number
  /** All spans with a number below this one are delivered. */
  readonly settledBelow: number
}

/**
 * Follows how far one file has been delivered: everything before the first event of the oldest tree that is not
 * finished, and before the oldest part of a line that is still incomplete.
 */
export class TrackedFile {
  readonly path: string
  readonly identity: FileIdentity
  /** Reads no more: it was replaced, or is at its end. */
  closed = false
  readonly #position: () => Position
  readonly #firstEvents = new Map<string, Position>()
  #head: Buffer
  #knownHead: FileState['head'] | undefined

  /** @param position how far complete lines were handed on */
  constructor(path: string, identity: FileIdentity, position: () => Position, resumed?: FileState) {
    this.path = path
    this.identity = identity
    this.#position = position
    this.#head = Buffer.alloc(0)
    this.#knownHead = resumed?.head
  }

  /** The file's bytes as they are read; the first ones are kept to know it by. */
  sees(chunk: Buffer): void {
    if (this.#knownHead !== undefined || this.#head.length >= HEAD_BYTES) return
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD_BYTES - this.#head.length)])
  }

  /** It was truncated: it begins anew. */
  restart(): void {
    this.#firstEvents.clear()
    this.#head = Buffer.alloc(0)
    this.#knownHead = undefined
  }

  event(rootId: string, place: Place): void {
    if (!this.#firstEvents.has(rootId)) {
      this.#firstEvents.set(rootId, { offset: place.offset, lines: place.line - 1 })
    }
  }

  /** Whether events of it wait for others before they become spans. */
  hasPending(isPending: (rootId: string) => boolean): boolean {
    return [...this.#firstEvents.keys()].some(isPending)
  }

  /** How far it would be delivered if all spans made by now were. */
  state(isPending: (rootId: string) => boolean): FileState {
    let { offset, lines } = this.#position()
    for (const [rootId, first] of this.#firstEvents) {
      if (!isPending(rootId)) this.#firstEvents.delete(rootId)
      else if (first.offset < offset) ({ offset, lines } = first)
    }
    const head = this.#knownHead ?? {
      bytes: Math.min(this.#head.length, offset),
      sha256: hashHead(this.#head.subarray(0, offset)),
    }
    return { path: this.path, ...this.identity, offset, lines, head }
  }
}

/** How far every file would be delivered if the spans made by now were. */
export interface Look {
  /** Spans made by now. */
  readonly made: number
  readonly files: FileState[]
  /** Files that are done with then. */
  readonly closed: ReadonlySet<TrackedFile>
}

/** Writes the state file: only what was delivered, as soon as it is known to be. */
export class Checkpoints {
  readonly #path: string
  readonly #source: CheckpointSource
  readonly #onError: (error: Error) => void
  #files: TrackedFile[] = []
  /** States of files that are not read this time. */
  readonly #others: readonly FileState[]
  #candidate: Look | undefined
  #written = ''
  #writing: Promise<void> = Promise.resolve()

  constructor(
    path: string,
    source: CheckpointSource,
    others: readonly FileState[],
    onError: (error: Error) => void,
  ) {
    this.#path = path
    this.#source = source
    this.#others = others
    this.#onError = onError
  }

  add(file: TrackedFile): void {
    this.#files.push(file)
  }

  /** Looks whether the last look's spans have been delivered by now, writes it if so, and looks anew. */
  async advance(): Promise<void> {
    const candidate = this.#candidate
    if (candidate !== undefined && this.#source.settledBelow >= candidate.made) {
      this.#candidate = undefined
      await this.#write(candidate.files)
      // A file that was replaced is done with when all of it has been delivered.
      this.#files = this.#files.filter((file) => !candidate.closed.has(file))
    }
    this.#candidate ??= this.look()
  }

  /** How far everything would be delivered if all spans made by now were. */
  look(): Look | undefined {
    const pending = this.#source.pending()
    return pending === undefined ? undefined : this.#lookWith(pending)
  }

  /** The same when everything that was read has become spans. */
  lookAtEnd(): Look {
    return this.#lookWith(new Set())
  }

  #lookWith(pending: ReadonlySet<string>): Look {
    const isPending = (rootId: string): boolean => pending.has(rootId)
    const closed = new Set<TrackedFile>()
    const files: FileState[] = []
    for (const file of this.#files) {
      const complete = file.closed && !file.hasPending(isPending)
      if (complete) closed.add(file)
      files.push(file.state(isPending))
    }
    return { made: this.#source.made, files, closed }
  }

  /** At the end: writes the look if what it stands for was delivered. */
  async finish(look: Pick<Look, 'made' | 'files'>): Promise<void> {
    if (this.#source.settledBelow >= look.made) await this.#write(look.files)
  }

  async #write(files: readonly FileState[]): Promise<void> {
    const all = [...this.#others, ...files]
    const text = JSON.stringify(all)
    if (text === this.#written) return
    // One after another: the end must not be overwritten by what was on its way before.
    const before = this.#writing
    this.#writing = before.then(() => saveState(this.#path, all)).catch(this.#onError)
    this.#written = text
    await this.#writing
  }
}
