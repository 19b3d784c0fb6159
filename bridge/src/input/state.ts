import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, readFile, rename, stat } from 'node:fs/promises'
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
  const files = parseFiles(text)
  if (files === undefined) {
    throw new StateError(
      `${path} is not a state file of this program; name another, or remove it to start anew`,
    )
  }
  return files
}

function parseFiles(text: string): FileState[] | undefined {
  try {
    const { version, files } = JSON.parse(text) as { version?: unknown; files?: unknown }
    return version === 1 && Array.isArray(files) && files.every(isFileState) ? files : undefined
  } catch {
    return undefined
  }
}

function isFileState(value: unknown): value is FileState {
  const file = value as Partial<FileState> | null
  return (
    typeof file?.path === 'string' &&
    (file.read === undefined || Number.isSafeInteger(file.read)) &&
    (file.pending === undefined ||
      (Array.isArray(file.pending) && file.pending.every((id) => typeof id === 'string'))) &&
    [file.dev, file.ino, file.offset, file.lines, file.head?.bytes].every(Number.isSafeInteger) &&
    typeof file.head?.sha256 === 'string'
  )
}

/** Replaces the state file: whoever reads it, at whatever moment, finds the old one or the new one. */
export async function saveState(path: string, files: readonly FileState[]): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, files }, undefined, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
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
