import { fstatSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { type Checkpoints, TrackedFile } from '../input/checkpoints.js'
import type { InputClock } from '../input/clock.js'
import { type FileKind, fileKind, readFile } from '../input/file-reader.js'
import { FollowedFile, follow } from '../input/follow.js'
import { readStream, type StopSignal } from '../input/reading.js'
import { type FileState, findRotated, isSameFile } from '../input/state.js'
import type { Intake, OpenInput } from './intake.js'
import type { Messages } from './messages.js'

export interface ReadRequest {
  /** Paths; `-` is stdin. */
  readonly files: readonly string[]
  readonly follow: boolean
  readonly stdin: Readable
  readonly intake: Intake
  readonly clock: InputClock
  readonly stop: StopSignal
  readonly messages: Messages
  /** What the state file says, and who writes it. */
  readonly state: readonly FileState[]
  readonly checkpoints: Checkpoints | undefined
  /** Filled in: ends the pause between two looks at followed files. */
  readonly wake: { onWake?: () => void }
  readonly onProgress: (file: string, bytes: number, total: number | undefined) => void
}

export interface ReadResult {
  /** Inputs that could not be read (to their end). */
  readonly unreadable: string[]
  /** A file was left before its end, because of a signal. */
  readonly cutShort: boolean
}

/** Reads all inputs: one after another, or following the files all at once. */
export async function readInputs(request: ReadRequest): Promise<ReadResult> {
  const result = { unreadable: [] as string[], cutShort: false }
  if (request.follow) {
    const paths = request.files.filter((file) => file !== '-')
    const readers = [followFiles(request, paths)]
    if (request.files.includes('-')) readers.push(readStdin(request, result))
    await Promise.all(readers)
    return result
  }
  for (const path of request.files) {
    if (request.stop.requested) {
      if (path !== '-') result.cutShort = true
    } else if (path === '-') await readStdin(request, result)
    else await readOneFile(request, path, result)
  }
  return result
}

async function readStdin(
  { stdin, intake, clock, stop, messages }: ReadRequest,
  result: ReadResult,
): Promise<void> {
  try {
    // Node takes a directory for an empty stream.
    if (fstatSync(0).isDirectory()) throw new Error('it is a directory')
    await readStream(stdin, intake.open({ name: '<stdin>', passes: true }), clock, stop)
  } catch (error) {
    messages.error(`cannot read stdin: ${(error as Error).message}`)
    result.unreadable.push('-')
  }
}

async function readOneFile(
  request: ReadRequest,
  path: string,
  result: { unreadable: string[]; cutShort: boolean },
): Promise<void> {
  try {
    const kind = await fileKind(path)
    const resumed = kind.gzip || !kind.regular ? undefined : await resumeAt(request, path)
    await readOnce(request, path, kind, resumed)
    if (request.stop.requested && kind.regular) result.cutShort = true
  } catch (error) {
    request.messages.error(unreadable(path, error as NodeJS.ErrnoException))
    result.unreadable.push(path)
  }
}

/** Reads a file from where it was left to its end. */
async function readOnce(
  request: ReadRequest,
  path: string,
  kind: FileKind,
  resumed: Resumed | undefined,
): Promise<void> {
  const { intake, clock, stop } = request
  const offset = resumed?.state?.offset ?? 0
  const input = intake.open({ name: path, passes: false, offset, lines: resumed?.state?.lines ?? 0 })
  const file =
    resumed && trackFile(request, resumed.state?.path ?? path, resumed.identity, input, resumed.state)
  let read = offset
  await readFile(path, kind, input, clock, stop, {
    offset,
    onRead: (bytes) => {
      read += bytes
      request.onProgress(path, read, kind.size)
    },
  })
  if (file !== undefined) file.closed = true
}

interface Resumed {
  readonly identity: { readonly dev: number; readonly ino: number }
  readonly state: FileState | undefined
}

/** What is known of a file from an earlier run; `undefined` when nobody asked to remember. */
async function resumeAt(request: ReadRequest, path: string): Promise<Resumed | undefined> {
  if (request.checkpoints === undefined) return undefined
  const handle = await open(path)
  try {
    const { dev, ino, size } = await handle.stat()
    return { identity: { dev, ino }, state: await stateOf(request.state, path, handle, { dev, ino, size }) }
  } finally {
    await handle.close()
  }
}

async function stateOf(
  states: readonly FileState[],
  path: string,
  handle: FileHandle,
  stats: { dev: number; ino: number; size: number },
): Promise<FileState | undefined> {
  for (const state of states) {
    if (state.path === path && (await isSameFile(handle, stats, state))) return state
  }
  return undefined
}

function trackFile(
  { checkpoints }: ReadRequest,
  path: string,
  identity: { dev: number; ino: number },
  input: OpenInput,
  state: FileState | undefined,
): TrackedFile {
  const file = new TrackedFile(path, identity, () => input.position(), state)
  input.track(file)
  void checkpoints?.add(file)
  return file
}

async function followFiles(request: ReadRequest, paths: readonly string[]): Promise<void> {
  const { intake, clock, stop, messages, checkpoints } = request
  for (const path of paths) await readRotated(request, path)
  const files = paths.map((path) => {
    let resumed: FileState | undefined
    let tracked: TrackedFile | undefined
    return new FollowedFile(
      path,
      {
        open: (identity, offset) => {
          const input = intake.open({ name: path, passes: false, offset, lines: resumed?.lines ?? 0 })
          if (tracked !== undefined) tracked.closed = true
          if (checkpoints !== undefined) tracked = trackFile(request, path, identity, input, resumed)
          return input
        },
        notice: (what, error) => messages.note(notice(path, what, error)),
      },
      async (handle, { dev, ino, size }) => {
        resumed = await stateOf(request.state, path, handle, { dev, ino, size })
        return resumed?.offset ?? 0
      },
    )
  })
  await follow(files, clock, stop, request.wake)
}

/** The rest of files that were renamed while nobody followed them, oldest first. */
async function readRotated(request: ReadRequest, path: string): Promise<void> {
  const { dev, ino } = await stat(path).catch(() => ({ dev: -1, ino: -1 }))
  for (const state of request.state) {
    if (state.path !== path || (state.ino === ino && state.dev === dev)) continue
    const renamed = await findRotated(state)
    if (renamed === undefined) {
      request.checkpoints?.forget(state)
      continue
    }
    try {
      const kind = await fileKind(renamed)
      await readOnce(request, renamed, kind, { identity: { dev: state.dev, ino: state.ino }, state })
    } catch (error) {
      request.messages.error(unreadable(renamed, error as NodeJS.ErrnoException))
    }
  }
}

function notice(path: string, what: string, error: NodeJS.ErrnoException | undefined): string {
  switch (what) {
    case 'missing':
      return `${path} is not there; waiting for it`
    case 'truncated':
      return `${path} was truncated; reading it from its beginning`
    case 'rotated':
      return `${path} was replaced; going on with the new file`
    default:
      return `${unreadable(path, error)}; waiting until it can be`
  }
}

function unreadable(path: string, error: NodeJS.ErrnoException | undefined): string {
  switch (error?.code) {
    case 'ENOENT':
      return `cannot read ${path}: there is no such file`
    case 'EACCES':
    case 'EPERM':
      return `cannot read ${path}: permission denied`
    case 'EISDIR':
      return `cannot read ${path}: it is a directory; name the files in it`
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return `cannot read ${path} to its end: it is no gzip file, or it is damaged (${error.message})`
    default:
      return `cannot read ${path}: ${error?.message ?? 'unknown error'}`
  }
}
