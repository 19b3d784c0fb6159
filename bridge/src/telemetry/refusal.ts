/** gRPC codes that say a retry cannot help: invalid argument, not found, denied, unimplemented, unauthenticated. */
const PERMANENT_GRPC_CODES = new Set([3, 5, 7, 12, 16])

/** Code 8, resource exhausted, is also what gRPC says of a message beyond the receiver's bound (4 MiB at a collector). */
const GRPC_EXHAUSTED = 8
const GRPC_TOO_LARGE = /larger than max|exceeds maximum size/i

const NOT_IMPLEMENTED = 501

/** What an exporter's failure means for the data it was given. */
export type Failure = 'later' | 'refused' | 'too-large'

/**
 * Whether a failed export can succeed later. A collector that is down, overloaded or restarting is worth waiting for;
 * one that refuses the request (HTTP 501 and 4xx, but for 408 and 429) will refuse it again.
 */
export function classifyFailure(error: Error | undefined): Failure {
  const code = (error as { code?: unknown } | undefined)?.code
  if (typeof code !== 'number') return 'later'
  if (code === GRPC_EXHAUSTED && GRPC_TOO_LARGE.test(error?.message ?? '')) return 'too-large'
  if (code < 100) return PERMANENT_GRPC_CODES.has(code) ? 'refused' : 'later'
  if (code === 413) return 'too-large'
  if (code === NOT_IMPLEMENTED) return 'refused'
  return code >= 400 && code < 500 && code !== 408 && code !== 429 ? 'refused' : 'later'
}

/** The failure in a few words, for people; never the request, its headers or its body. */
export function describeFailure(error: Error | undefined): string {
  if (error === undefined) return 'the export failed'
  const code = (error as { code?: unknown }).code
  if (typeof code === 'number' && code >= 100)
    return `HTTP ${code}${error.message ? ` ${error.message}` : ''}`
  // Several addresses tried: the message is empty, the errors say it.
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined
  if (error.message === '' && inner instanceof Error) return inner.message
  return error.message.trim() || (typeof code === 'string' ? code : error.name)
}
