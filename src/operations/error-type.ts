import type { NodeFailure } from './operation.js'

/** What `error.type` falls back to (OpenTelemetry semantic conventions, general attributes). */
export const ERROR_TYPE_OTHER = '_OTHER'

/** Low cardinality and no secrets: a class name or a code, never a message. */
const SAFE = /^[A-Za-z0-9_.:-]{1,64}$/

const MAX_MESSAGE = 256

/** Whether an `err` field holds an error. In JSON most of them arrive as `{}`. */
export function isError(err: unknown): boolean {
  return err !== null && err !== undefined
}

/**
 * The class of an error, fit for the attribute `error.type`: a JavaScript error's code or name, the code of
 * a database error (`57P01`, `19`), the number of a system error; `_OTHER` where nothing tells.
 */
export function errorTypeOf(err: unknown): string {
  try {
    if (typeof err === 'number') return String(err)
    if (typeof err !== 'object' || err === null) return ERROR_TYPE_OTHER
    const fields = err as Record<string, unknown>
    if (err instanceof Error) {
      return safe(fields['code']) ?? safe(err.name === 'Error' ? err.constructor.name : err.name) ?? 'Error'
    }
    return (
      safe(fields['code']) ??
      safe(fields['Code']) ??
      safe(fields['name']) ??
      safe(fields['type']) ??
      ERROR_TYPE_OTHER
    )
  } catch {
    return ERROR_TYPE_OTHER
  }
}

/** What is left of an error's message, cut to a readable length; undefined where the wire lost it. */
export function errorMessageOf(err: unknown): string | undefined {
  try {
    if (typeof err === 'string') return cut(err)
    if (err instanceof Error) return cut(err.message)
    if (typeof err === 'number' || typeof err === 'bigint' || typeof err === 'boolean') return String(err)
    if (typeof err !== 'object' || err === null) return undefined
    const fields = err as Record<string, unknown>
    for (const key of ['message', 'Message', 'Reason', 'reason']) {
      if (typeof fields[key] === 'string' && fields[key] !== '') return cut(fields[key])
    }
    if (Object.keys(fields).length === 0) return undefined
    return cut(JSON.stringify(err))
  } catch {
    return undefined
  }
}

/** Type and message of an error together. */
export function failureOf(err: unknown): NodeFailure {
  return { errorType: errorTypeOf(err), errorMessage: errorMessageOf(err) }
}

function safe(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && SAFE.test(value) ? value : undefined
}

function cut(text: string): string {
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text
}
