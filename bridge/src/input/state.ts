import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FileIdentity } from './follow.js'

/** How far a file was delivered. */
export interface FileState extends FileIdentity {
  /** As it was given on the command line; the file may have been renamed since. */
  readonly path: string
  /** Everything before this byte was delivered. */
  readonly offset: number
  /** Lines before that byte. */
  readonly lines: number
  /** Between `offset` and this byte, only trees with the root ids of `pending` are not delivered yet. */
  readonly read?: number
  readonly pending?: readonly string[]
  /** The file's first bytes, hashed: a new file can have an old one's number. */
  readonly head: { readonly bytes: number; readonly sha256: string }
}

/** How many of a file's first bytes tell it from others. */
export const HEAD_BYTES = 256

export const hashHead = (head: Buffer): string => createHash('sha256').update(head).digest('hex')

const VERSION = 1

/** The state file cannot be used; the message says why and what to do. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

/** Reads a state file; none yet is an empty one. @throws {StateError} when it is no state file */
export async function loadState(path: string): Promise<FileState[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new StateError(`cannot read the state file ${path}: ${(error as Error).message}`)
  }
  const content = parse(text)
  if (typeof content?.version === 'number' && content.version > VERSION) {
    throw new StateError(`${path} was written by a newer version of this program; use that, or name another`)
  }
  const files = content?.version === VERSION ? content.files : undefined
  if (!Array.isArray(files) || !files.every(isFileState)) {
    throw new StateError(
      `${path} is not a state file of this program; name another, or remove it to start anew`,
    )
  }
  return files
}

function parse(text: string): { version?: unknown; files?: unknown } | undefined {
  try {
    const content = JSON.parse(text) as unknown
    return typeof content === 'object' && content !== null ? content : undefined
  } catch {
    return undefined
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

function isFileState(value: unknown): value is FileState {
  const file = value as Partial<FileState> | null
  return (
    typeof file?.path === 'string' &&
    (file.read === undefined || isCount(file.read)) &&
    (file.pending === undefined ||
      (Array.isArray(file.pending) && file.pending.every((id) => typeof id === 'string'))) &&
    // Numbers of files can be larger than what a whole number is known by, on network and overlay file systems.
    Number.isFinite(file.dev) &&
    Number.isFinite(file.ino) &&
    [file.offset, file.lines, file.head?.bytes].every(isCount) &&
    file.head!.bytes <= HEAD_BYTES &&
    typeof file.head?.sha256 === 'string'
  )
}

/** Replaces the state file: whoever reads it, at whatever moment, finds the old one or the new one. */
export async function saveState(path: string, files: readonly FileState[]): Promise<void> {
  // What is replaced is the file, not a link that leads to it.
  const target = await realpath(path).catch(() => path)
  const temporary = `${target}.${process.pid}.tmp`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify({ version: VERSION, files }, undefined, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
}

/** Whether an open file is the one that the state speaks of, and still holds what was read. */
export async function isSameFile(
  handle: FileHandle,
  identity: FileIdentity & { readonly size: number },
  state: FileState,
): Promise<boolean> {
  if (
    identity.dev !== state.dev ||
    identity.ino !== state.ino ||
    identity.size < Math.max(state.offset, state.read ?? 0)
  ) {
    return false
  }
  const head = Buffer.alloc(state.head.bytes)
  const { bytesRead } = await handle.read(head, 0, head.length, 0)
  return bytesRead === head.length && hashHead(head) === state.head.sha256
}

/** Where a file is now that was rotated away while nobody followed it: beside its old place, under another name. */
export async function findRotated(state: FileState): Promise<string | undefined> {
  const directory = dirname(state.path)
  const prefix = basename(state.path)
  let names: string[]
  try {
    names = await readdir(directory)
  } catch {
    return undefined
  }
  for (const name of names) {
    if (name === prefix || !name.startsWith(prefix.split('.', 1)[0]!)) continue
    const path = join(directory, name)
    if (await matches(path, state)) return path
  }
  return undefined
}

async function matches(path: string, state: FileState): Promise<boolean> {
  try {
    const { dev, ino, size } = await stat(path)
    if (dev !== state.dev || ino !== state.ino) return false
    const handle = await open(path)
    try {
      return await isSameFile(handle, { dev, ino, size }, state)
    } finally {
      await handle.close()
    }
  } catch {
    return false
  }
}
