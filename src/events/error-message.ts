/** The most causes that are looked through; a chain that is longer is likely to be a ring. */
const LONGEST_CHAIN = 64

/** Whether a value stands for an error: anything does but `null` and `undefined`. */
export function isError(err: unknown): boolean {
  return err !== null && err !== undefined
}

/** Whether a value is an `Error`, of this realm or another. Never throws. */
export function isErrorObject(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
  } catch {
    return false
  }
}

/** The message of an `Error`, or its name where it has none. Never throws. */
export function messageOf(error: Error): string {
  try {
    return String(error.message) || String(error.name)
  } catch {
    return 'Error'
  }
}

/**
 * Whether `err`, or one of the errors that caused it, is `target`, or an instance of it when it is a class.
 *
 * Counterpart of Go's `errors.Is`; `cause` and `AggregateError.errors` are what Go's `Unwrap` is.
 */
export function errorIs(err: unknown, target: unknown): boolean {
  const open: unknown[] = [err]
  for (let seen = 0; open.length > 0 && seen < LONGEST_CHAIN; seen++) {
    const error = open.pop()
    if (!isError(error)) continue
    if (Object.is(error, target) || isInstance(error, target)) return true
    if (!isErrorObject(error)) continue
    open.push(error.cause)
    if (error instanceof AggregateError) open.push(...(error.errors as unknown[]))
  }
  return false
}

function isInstance(error: unknown, target: unknown): boolean {
  try {
    return typeof target === 'function' && error instanceof target
  } catch {
    return false
  }
}

/**
 * The words of an error: an `Error`'s message, a string as it is, and of an object, as Go's errors are when
 * JSON carried them, the string in its `message`, `Message`, `msg` or `Err`. Empty for no error, and for one
 * without words. Never throws.
 */
export function errorMessage(err: unknown): string {
  if (!isError(err)) return ''
  if (isErrorObject(err)) return messageOf(err)
  if (typeof err === 'function') return err.name
  if (typeof err !== 'object' || err === null) return String(err)
  try {
    for (const key of ['message', 'Message', 'msg', 'Err']) {
      const value = (err as Record<string, unknown>)[key]
      if (typeof value === 'string' && value !== '') return value
    }
  } catch {
    // A getter of a stranger's object; there are no words to be had.
  }
  return ''
}
