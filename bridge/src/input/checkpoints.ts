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
   * Root ids of the trees that would be cut off if reading went on after the last event: of which events have not
   * become spans yet, or of which later ones need to know.
   */
  pending(): ReadonlySet<string>
  /** Spans made so far. */
  readonly made: number
  /** All spans with a number below this one are delivered. */
  readonly settledBelow: number
}

/**
 * Follows how far one file has been delivered: everything before the first event of the oldest tree that is not
 * finished, and before the oldest part of a line that is still incomplete; beyond that everything but the trees that
 * are not finished, so that a lock held for days does not make a restart tell all other locks' days again.
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
  #resumed: FileState | undefined
  readonly #resumedPending: ReadonlySet<string>

  /** @param position how far complete lines were handed on */
  constructor(path: string, identity: FileIdentity, position: () => Position, resumed?: FileState) {
    this.path = path
    this.identity = identity
    this.#position = position
    this.#head = Buffer.alloc(0)
    // From its beginning it is read anew, and what was known of its head may be less than there is now.
    this.#knownHead = resumed?.offset === 0 ? undefined : resumed?.head
    this.#resumed = resumed
    this.#resumedPending = new Set(resumed?.pending)
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
    this.#resumed = undefined
  }

  /** @returns whether the event is to be told; an earlier run may have delivered its tree */
  event(rootId: string, place: Place): boolean {
    const read = this.#resumed?.read
    if (read !== undefined && place.offset < read && !this.#resumedPending.has(rootId)) return false
    if (!this.#firstEvents.has(rootId)) {
      this.#firstEvents.set(rootId, { offset: place.offset, lines: place.line - 1 })
    }
    return true
  }

  /** Whether events of it wait for others before they become spans. */
  hasPending(isPending: (rootId: string) => boolean): boolean {
    return [...this.#firstEvents.keys()].some(isPending)
  }

  /** How far it would be delivered if all spans made by now were. */
  state(isPending: (rootId: string) => boolean): FileState {
    const position = this.#position()
    const resumed = this.#resumed
    if (resumed !== undefined && position.offset < Math.max(resumed.offset, resumed.read ?? 0)) {
      // Not all that the earlier run left over is here again.
      return { ...resumed, path: this.path, ...this.identity }
    }
    this.#resumed = undefined
    let { offset, lines } = position
    for (const [rootId, first] of this.#firstEvents) {
      if (!isPending(rootId)) this.#firstEvents.delete(rootId)
      else if (first.offset < offset) ({ offset, lines } = first)
    }
    const known = this.#head.subarray(0, position.offset)
    const head = this.#knownHead ?? { bytes: known.length, sha256: hashHead(known) }
    const state = { path: this.path, ...this.identity, offset, lines, head }
    if (offset === position.offset) return state
    return { ...state, read: position.offset, pending: [...this.#firstEvents.keys()] }
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
  /** States from an earlier run, of files that are not read yet, or not this time. */
  #others: readonly FileState[]
  #candidate: Look | undefined
  /** Files of which nothing has been written but where they were opened. */
  #opened: FileState[] = []
  #latest: readonly FileState[] = []
  #advancing = false
  #written = ''
  /** The latest writing failed. */
  #failing = false
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

  /** A file is read from now on. That it is known is written at once: it may be renamed while nobody looks. */
  add(file: TrackedFile): Promise<void> {
    this.#files.push(file)
    this.#others = this.#others.filter((state) => !isSame(state, file.identity))
    this.#opened.push(file.state(() => true))
    return this.#write(this.#known())
  }

  /** The file of which an earlier run told is gone. */
  forget(gone: FileState): void {
    this.#others = this.#others.filter((state) => state !== gone)
  }

  /** Looks whether the last look's spans have been delivered by now, writes it if so, and looks anew. */
  async advance(): Promise<void> {
    if (this.#advancing) return
    this.#advancing = true
    try {
      await this.#advance()
    } finally {
      this.#advancing = false
    }
  }

  async #advance(): Promise<void> {
    const candidate = this.#candidate
    if (candidate !== undefined && this.#source.settledBelow >= candidate.made) {
      this.#candidate = undefined
      await this.#delivered(candidate.files)
      // A file that was replaced is done with when all of it has been delivered.
      this.#files = this.#files.filter((file) => !candidate.closed.has(file))
    }
    this.#candidate ??= this.look()
  }

  /** How far everything would be delivered if all spans made by now were. */
  look(): Look {
    const pending = this.#source.pending()
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
    if (this.#source.settledBelow >= look.made) await this.#delivered(look.files)
  }

  async #delivered(files: readonly FileState[]): Promise<void> {
    this.#latest = files
    this.#opened = this.#opened.filter((opened) => !files.some((file) => isSame(file, opened)))
    await this.#write(this.#known())
  }

  #known(): readonly FileState[] {
    return [...this.#others, ...this.#latest, ...this.#opened]
  }

  async #write(all: readonly FileState[]): Promise<void> {
    const text = JSON.stringify(all)
    if (text === this.#written) return
    // One after another: the end must not be overwritten by what was on its way before.
    const before = this.#writing
    this.#written = text
    this.#writing = before
      .then(() => saveState(this.#path, all))
      .then(
        () => {
          this.#failing = false
        },
        (error: Error) => {
          // Tried again with the next look, even if nothing has changed by then; told once.
          this.#written = ''
          if (!this.#failing) this.#onError(error)
          this.#failing = true
        },
      )
    await this.#writing
  }
}

const isSame = (a: FileIdentity, b: FileIdentity): boolean => a.ino === b.ino && a.dev === b.dev
