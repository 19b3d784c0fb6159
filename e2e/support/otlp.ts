/** A value of an attribute as OTLP's JSON writes it: 64-bit integers are strings. */
export interface OtlpValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string | number
  readonly doubleValue?: number
}

export interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

/** A span as OTLP's JSON writes it: ids in hex, times in nanoseconds as strings. */
export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1 internal, 3 client. */
  readonly kind?: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly OtlpAttribute[]
  readonly events?: readonly {
    readonly name: string
    readonly timeUnixNano: string
    readonly attributes?: readonly OtlpAttribute[]
  }[]
  readonly links?: readonly {
    readonly traceId: string
    readonly spanId: string
    readonly attributes?: readonly OtlpAttribute[]
  }[]
  /** Code 2 is an error; 0 or nothing is unset. */
  readonly status?: { readonly code?: number; readonly message?: string }
}

/** What stands under a key, as a plain value; integers as numbers. */
export function attribute(
  carrier: { readonly attributes?: readonly OtlpAttribute[] },
  key: string,
): string | number | boolean | undefined {
  const value = carrier.attributes?.find((candidate) => candidate.key === key)?.value
  if (value === undefined) return undefined
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.boolValue ?? value.doubleValue
}

/** How long the span lasts, in seconds. */
export function seconds(span: OtlpSpan): number {
  return Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9
}

export const isError = (span: OtlpSpan): boolean => span.status?.code === 2
