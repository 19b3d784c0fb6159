import type { HrTime } from '@opentelemetry/api'
import { unexpected } from './event-syntax-error.js'
import { parseRfc3339 } from './rfc3339.js'

// How one field is read. As in Go, a field that is missing or null has its type's zero value; one of another
// type is an error that names it.

/** A JSON object whose fields have not been looked at. */
export type JsonObject<Key extends string> = { readonly [key in Key]?: unknown }

export function readObject<Key extends string>(value: unknown, path: string): JsonObject<Key> {
  if (isJsonObject(value)) return value as JsonObject<Key>
  throw unexpected(path, 'an object', value)
}

export function readString(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  throw unexpected(path, 'a string', value)
}

export function readTime(value: unknown, path: string): HrTime | undefined {
  if (value === undefined || value === null) return undefined
  const time = typeof value === 'string' ? parseRfc3339(value) : undefined
  if (time !== undefined) return time
  throw unexpected(path, 'an RFC 3339 time or null', value)
}

export function readInteger(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (value === undefined || value === null) return 0
  throw unexpected(path, 'an integer', value)
}

export function readBigInteger(value: unknown, path: string): number | bigint {
  if (typeof value !== 'bigint') return readInteger(value, path)
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

export function readMap(value: unknown, path: string): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined
  if (isJsonObject(value)) return value
  throw unexpected(path, 'an object or null', value)
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
