// Reads the OTLP protobuf requests that a receiver in a test needs, into the shape their JSON encoding has. Field
// numbers as in opentelemetry-proto 1.x (trace.proto, metrics.proto, common.proto).

type Kind =
  | 'string'
  | 'hex'
  | 'bool'
  | 'varint'
  | 'fixed64'
  | 'double'
  | 'fixed64s'
  | 'doubles'
  | 'bytes'
  | Schema

interface Field {
  readonly name: string
  readonly kind: Kind
  readonly repeated?: boolean
}

interface Schema {
  readonly [field: number]: Field
}

const anyValue: { [field: number]: Field } = {
  1: { name: 'stringValue', kind: 'string' },
  2: { name: 'boolValue', kind: 'bool' },
  3: { name: 'intValue', kind: 'varint' },
  4: { name: 'doubleValue', kind: 'double' },
  7: { name: 'bytesValue', kind: 'bytes' },
}
const keyValue: Schema = { 1: { name: 'key', kind: 'string' }, 2: { name: 'value', kind: anyValue } }
anyValue[5] = { name: 'arrayValue', kind: { 1: { name: 'values', kind: anyValue, repeated: true } } }
anyValue[6] = { name: 'kvlistValue', kind: { 1: { name: 'values', kind: keyValue, repeated: true } } }

const attributes: Field = { name: 'attributes', kind: keyValue, repeated: true }
const resource: Field = { name: 'resource', kind: { 1: attributes } }
const scope: Field = {
  name: 'scope',
  kind: { 1: { name: 'name', kind: 'string' }, 2: { name: 'version', kind: 'string' }, 3: attributes },
}

const span: Schema = {
  1: { name: 'traceId', kind: 'hex' },
  2: { name: 'spanId', kind: 'hex' },
  3: { name: 'traceState', kind: 'string' },
  4: { name: 'parentSpanId', kind: 'hex' },
  5: { name: 'name', kind: 'string' },
  6: { name: 'kind', kind: 'varint' },
  7: { name: 'startTimeUnixNano', kind: 'fixed64' },
  8: { name: 'endTimeUnixNano', kind: 'fixed64' },
  9: attributes,
  10: { name: 'droppedAttributesCount', kind: 'varint' },
  11: {
    name: 'events',
    repeated: true,
    kind: {
      1: { name: 'timeUnixNano', kind: 'fixed64' },
      2: { name: 'name', kind: 'string' },
      3: attributes,
    },
  },
  12: { name: 'droppedEventsCount', kind: 'varint' },
  13: {
    name: 'links',
    repeated: true,
    kind: { 1: { name: 'traceId', kind: 'hex' }, 2: { name: 'spanId', kind: 'hex' }, 4: attributes },
  },
  15: {
    name: 'status',
    kind: { 2: { name: 'message', kind: 'string' }, 3: { name: 'code', kind: 'varint' } },
  },
}

const traceRequest: Schema = {
  1: {
    name: 'resourceSpans',
    repeated: true,
    kind: {
      1: resource,
      2: {
        name: 'scopeSpans',
        repeated: true,
        kind: { 1: scope, 2: { name: 'spans', kind: span, repeated: true } },
      },
    },
  },
}

const numberPoint: Schema = {
  2: { name: 'startTimeUnixNano', kind: 'fixed64' },
  3: { name: 'timeUnixNano', kind: 'fixed64' },
  4: { name: 'asDouble', kind: 'double' },
  6: { name: 'asInt', kind: 'fixed64' },
  7: attributes,
}
const histogramPoint: Schema = {
  2: { name: 'startTimeUnixNano', kind: 'fixed64' },
  3: { name: 'timeUnixNano', kind: 'fixed64' },
  4: { name: 'count', kind: 'fixed64' },
  5: { name: 'sum', kind: 'double' },
  6: { name: 'bucketCounts', kind: 'fixed64s' },
  7: { name: 'explicitBounds', kind: 'doubles' },
  9: attributes,
  11: { name: 'min', kind: 'double' },
  12: { name: 'max', kind: 'double' },
}
const points = (kind: Schema): Schema => ({
  1: { name: 'dataPoints', kind, repeated: true },
  2: { name: 'aggregationTemporality', kind: 'varint' },
  3: { name: 'isMonotonic', kind: 'bool' },
})

const metricsRequest: Schema = {
  1: {
    name: 'resourceMetrics',
    repeated: true,
    kind: {
      1: resource,
      2: {
        name: 'scopeMetrics',
        repeated: true,
        kind: {
          1: scope,
          2: {
            name: 'metrics',
            repeated: true,
            kind: {
              1: { name: 'name', kind: 'string' },
              2: { name: 'description', kind: 'string' },
              3: { name: 'unit', kind: 'string' },
              5: { name: 'gauge', kind: points(numberPoint) },
              7: { name: 'sum', kind: points(numberPoint) },
              9: { name: 'histogram', kind: points(histogramPoint) },
            },
          },
        },
      },
    },
  },
}

/** An ExportTraceServiceRequest as its JSON would read. */
export const decodeTraceRequest = (body: Uint8Array): unknown => decode(body, traceRequest)

/** An ExportMetricsServiceRequest as its JSON would read. */
export const decodeMetricsRequest = (body: Uint8Array): unknown => decode(body, metricsRequest)

function decode(body: Uint8Array, schema: Schema): Record<string, unknown> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const message: Record<string, unknown> = {}
  for (const field of Object.values(schema)) if (field.repeated) message[field.name] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < body.length) {
    const tag = Number(varint())
    const field = schema[tag >>> 3]
    let value: unknown
    switch (tag & 7) {
      case 0:
        value = varint()
        break
      case 1:
        value = field?.kind === 'double' ? view.getFloat64(at, true) : view.getBigUint64(at, true).toString()
        at += 8
        break
      case 2: {
        const length = Number(varint())
        value = field === undefined ? undefined : delimited(body.subarray(at, at + length), field.kind)
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        throw new Error(`unknown wire type ${tag & 7}`)
    }
    if (field === undefined) continue
    if (field.kind === 'varint') value = Number(BigInt.asIntN(64, value as bigint))
    if (field.kind === 'bool') value = value !== 0n
    if (field.repeated) (message[field.name] as unknown[]).push(value)
    else message[field.name] = value
  }
  return message
}

function delimited(bytes: Uint8Array, kind: Kind): unknown {
  if (typeof kind === 'object') return decode(bytes, kind)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (kind === 'hex') return buffer.toString('hex')
  if (kind === 'fixed64s') return eights(buffer, (at) => buffer.readBigUInt64LE(at).toString())
  if (kind === 'doubles') return eights(buffer, (at) => buffer.readDoubleLE(at))
  return kind === 'bytes' ? buffer.toString('base64') : buffer.toString('utf8')
}

function eights<T>(buffer: Buffer, read: (at: number) => T): T[] {
  return Array.from({ length: buffer.length / 8 }, (_, index) => read(index * 8))
}
