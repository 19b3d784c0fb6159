import type { Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { InputClock } from './clock.js'
import { readChunk } from './file-reader.js'
import type { Input, StopSignal } from './reading.js'

/** Which file a path led to, however it is named later. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

interface Opened {
  readonly handle: FileHandle
  readonly identity: FileIdentity
}

/** What following a file brings up. */
export interface FollowHandlers {
  /** A file was opened: makes the input that takes it, from `offset` on. */
  open(identity: FileIdentity, offset: number): Input
  /** Told once each time: the file is not there, cannot be read, was truncated, was replaced. */
  notice(what: 'missing' | 'unreadable' | 'truncated' | 'rotated', error?: NodeJS.ErrnoException): void
}

/** Where to begin, for a file that was followed before. */
export type StartOffset = (handle: FileHandle, stats: Stats) => Promise<number>

/** Pause between two looks at files in which there was nothing new. */
export const POLL_MS = 200
/** Files that took the path's place while an older one was still being read; kept open, so that none is missed. */
const MAX_SUCCESSORS = 64
/** Chunks read from one file before the others have their turn. */
const CHUNKS_A_TURN = 16

/**
 * One path that is followed, whatever stands there: a file that grows, is truncated, is renamed and replaced, vanishes
 * and comes back. A replaced file is read to its end first, and once more after a pause, since its writer may not have
 * noticed yet.
 */
export class FollowedFile {
  readonly path: string
  readonly #handlers: FollowHandlers
  readonly #startOffset: StartOffset
  #handle: FileHandle | undefined
  #identity: FileIdentity | undefined
  #input: Input | undefined
  #position = 0
  #told: string | undefined
  #replaced = false
  readonly #successors: Opened[] = []
  #looking = false

  constructor(path: string, handlers: FollowHandlers, startOffset: StartOffset = () => Promise.resolve(0)) {
    this.path = path
    this.#handlers = handlers
    this.#startOffset = startOffset
  }

  /** Reads what is new; answers whether there was anything. */
  async poll(stop: StopSignal): Promise<boolean> {
    if (this.#handle === undefined && !(await this.#open())) return false
    let news = false
    for (let turn = 0; turn < CHUNKS_A_TURN && !stop.requested; turn++) {
      const chunk = await this.#read()
      if (chunk === undefined) return (await this.#atEnd()) || news
      news = true
      this.#replaced = false
      this.#position += chunk.length
      await this.#input!.feed(chunk)
    }
    return news
  }

  /**
   * Looks what stands at the path, however far the reading is: while a collector is away for hours, a log can be
   * rotated more than once.
   */
  async look(): Promise<void> {
    if (this.#looking || this.#handle === undefined || this.#successors.length >= MAX_SUCCESSORS) return
    this.#looking = true
    try {
      const there = await stat(this.path)
      if (!there.isFile() || this.#knows(there)) return
      const handle = await open(this.path)
      const { dev, ino } = await handle.stat()
      // The reading went on meanwhile, and may have opened it itself.
      if (this.#handle === undefined || this.#knows({ dev, ino })) await handle.close()
      else this.#successors.push({ handle, identity: { dev, ino } })
    } catch {
      // It is not there, or cannot be opened; whoever reads on will say so.
    } finally {
      this.#looking = false
    }
  }

  /** Closes the file. A line that has begun is left for the next time. */
  async close(): Promise<void> {
    await this.#closeCurrent()
    for (const { handle } of this.#successors.splice(0)) await handle.close()
  }

  async #closeCurrent(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
  }

  #knows({ dev, ino }: FileIdentity): boolean {
    const newest = this.#successors.at(-1)?.identity ?? this.#identity
    return newest?.ino === ino && newest.dev === dev
  }

  async #open(): Promise<boolean> {
    let handle: FileHandle | undefined
    try {
      handle = this.#successors.shift()?.handle ?? (await this.#openPath())
      const stats = await handle.stat()
      this.#position = await this.#startOffset(handle, stats)
      this.#identity = { dev: stats.dev, ino: stats.ino }
      this.#input = this.#handlers.open(this.#identity, this.#position)
      this.#handle = handle
      this.#replaced = false
      this.#told = undefined
      return true
    } catch (error) {
      await handle?.close()
      this.#tell((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable', error)
      return false
    }
  }

  async #openPath(): Promise<FileHandle> {
    // Looked at before it is opened: to open a named pipe can take for ever.
    const before = await stat(this.path)
    if (before.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' })
    if (!before.isFile()) throw new Error('it is no file that could be followed; leave --follow out')
    return open(this.path)
  }

  async #read(): Promise<Buffer | undefined> {
    try {
      return await readChunk(this.#handle!, this.#position)
    } catch (error) {
      this.#tell('unreadable', error)
      return undefined
    }
  }

  /** Everything is read: is this still the file that the path leads to? Answers whether to look again at once. */
  async #atEnd(): Promise<boolean> {
    const size = (await this.#handle!.stat()).size
    if (size < this.#position) {
      this.#handlers.notice('truncated')
      this.#input!.restart()
      this.#position = 0
      return size > 0
    }
    const there = this.#successors[0]?.identity ?? (await this.#identityOfPath())
    if (there === undefined || (there.ino === this.#identity!.ino && there.dev === this.#identity!.dev)) {
      this.#replaced = false
      return false
    }
    if (!this.#replaced) {
      // Its writer may have some more for it; the next look is after a pause.
      this.#replaced = true
      return false
    }
    this.#handlers.notice('rotated')
    await this.#input!.end()
    await this.#closeCurrent()
    return true
  }

  /** `undefined` while there is nothing at the path: a rename whose second half is still to come. */
  async #identityOfPath(): Promise<FileIdentity | undefined> {
    try {
      const { dev, ino } = await stat(this.path)
      this.#told = undefined
      return { dev, ino }
    } catch (error) {
      this.#tell('missing', error)
      return undefined
    }
  }

  #tell(what: 'missing' | 'unreadable', error: unknown): void {
    if (this.#told === what) return
    this.#told = what
    this.#handlers.notice(what, error as NodeJS.ErrnoException)
  }
}

/** Follows files until a stop is requested. The clock advances while none of them has anything new. */
export async function follow(
  files: readonly FollowedFile[],
  clock: InputClock,
  stop: StopSignal,
  wake: { onWake?: () => void } = {},
): Promise<void> {
  const looking = setInterval(() => {
    for (const file of files) void file.look()
  }, POLL_MS)
  looking.unref()
  clock.open()
  try {
    while (!stop.requested) {
      let news = false
      for (const file of files) {
        if (await file.poll(stop)) news = true
      }
      if (news || stop.requested) continue
      await clock.waiting(pause(stop, wake))
    }
  } finally {
    clearInterval(looking)
    clock.close()
    for (const file of files) await file.close()
  }
}

/** The pause between two looks; `wake.onWake()` ends it early. */
async function pause(stop: StopSignal, wake: { onWake?: () => void }): Promise<void> {
  let early: () => void = () => undefined
  const woken = new Promise<void>((resolve) => {
    early = resolve
  })
  wake.onWake = early
  await Promise.race([stop.sleep(POLL_MS), woken])
}
