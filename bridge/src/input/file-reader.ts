import { constants, createReadStream, openSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { InputClock } from './clock.js'
import { type Input, readStream, type StopSignal } from './reading.js'

/** Bytes read from a file at once. */
export const CHUNK_BYTES = 64 * 1024

/** What is known of a file before it is read. */
export interface FileKind {
  readonly regular: boolean
  /** A named pipe. */
  readonly pipe: boolean
  readonly gzip: boolean
  readonly size: number
}

/** Looks at a file. @throws the system's error when there is none, or it is a directory */
export async function fileKind(path: string): Promise<FileKind> {
  const stats = await stat(path)
  if (stats.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' })
  return { regular: stats.isFile(), pipe: stats.isFIFO(), gzip: /\.gz$/i.test(path), size: stats.size }
}

/** Reads a file once, from `offset` to its end as it is then. */
export async function readFile(
  path: string,
  kind: FileKind,
  input: Input,
  clock: InputClock,
  stop: StopSignal,
  options: { offset?: number; onRead?: (bytes: number) => void } = {},
): Promise<void> {
  if (kind.gzip || !kind.regular) {
    await readStream(openStream(path, kind, options.onRead), input, clock, stop)
    return
  }
  const handle = await open(path)
  clock.open()
  try {
    let position = options.offset ?? 0
    while (!stop.requested) {
      const chunk = await readChunk(handle, position)
      if (chunk === undefined) break
      position += chunk.length
      options.onRead?.(chunk.length)
      await input.feed(chunk)
    }
    if (!stop.requested) await input.end()
  } finally {
    clock.close()
    await handle.close()
  }
}

/** The next bytes at `position`, in a buffer of their own; `undefined` at the end of the file. */
export async function readChunk(handle: FileHandle, position: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, position)
  return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
}

/**
 * A named pipe that is waited for as any socket is. To open and read it as a file would hold a thread until somebody
 * writes, and the process could not end before.
 */
function openPipe(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false })
}

/** A compressed file, or one without a length, as a stream; errors of either end come out of it. */
function openStream(path: string, kind: FileKind, onRead?: (bytes: number) => void): Readable {
  const source = kind.pipe ? openPipe(path) : createReadStream(path, { highWaterMark: CHUNK_BYTES })
  if (onRead !== undefined) source.on('data', (chunk: Buffer | string) => onRead(chunk.length))
  if (!kind.gzip) return source
  return pipeline(source, createGunzip(), () => undefined) as unknown as Readable
}
