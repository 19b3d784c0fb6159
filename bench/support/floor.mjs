import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { formatRfc3339, parseRfc3339, secondsBetween } from '../../dist/esm/index.js'

/**
 * The floor: a program that knows in advance which spans, span events, attributes, links and records a block
 * of publications makes (its plan) and makes them straight through the OpenTelemetry API, in the way that
 * costs least: object literals, attributes set once the span is there, contexts and record attributes used
 * again. It does what cannot be avoided and no more.
 */
export class Floor {
  #steps
  #dialect
  #records

  /** @param dialect how publications are read: `EVENTS` or `JSON_OBJECTS` */
  constructor(plan, dialect) {
    this.#dialect = dialect
    this.#steps = plan.steps.map((step) => compileStep(step, dialect))
    this.#records = plan.records
  }

  /** Makes the spans of a copy of the block. */
  spans(tracer, publications) {
    const steps = this.#steps
    const time = this.#dialect.time
    const contexts = steps.map(() => undefined)
    const scopes = steps.map(() => undefined)
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at]
      const publication = publications[step.publication]
      let scope = ROOT_CONTEXT
      if (step.parent >= 0) {
        scope = scopes[step.parent]
        if (scope === undefined) {
          scope = trace.setSpanContext(ROOT_CONTEXT, contexts[step.parent])
          scopes[step.parent] = scope
        }
      }
      const startTime = time(step.start(publications))
      const span = tracer.startSpan(
        step.name,
        { kind: step.kind, startTime, links: this.#links(step, contexts) },
        scope,
      )
      span.setAttributes(step.attributes(publication, publications[step.other], step.constants))
      if (step.status === SpanStatusCode.ERROR) span.setStatus({ code: SpanStatusCode.ERROR })
      const { events } = step
      for (let i = 0; i < events.length; i++) {
        const event = events[i]
        const of = publications[event.publication]
        const action = of.actions[event.action]
        const start = time(this.#dialect.start(action))
        if (event.attributes === undefined) span.addEvent(event.name, start)
        else span.addEvent(event.name, event.attributes(action, of, event.constants), start)
      }
      contexts[at] = span.spanContext()
      span.end(time(step.end(publications)))
    }
  }

  #links(step, contexts) {
    if (step.links.length === 0) return undefined
    return step.links.map(({ to, attributes }) => ({ context: contexts[to], attributes }))
  }

  /** Makes the instruments that the block's records go into. */
  instruments(meter) {
    const made = new Map()
    return this.#records.map(({ kind, name, options, value, attributes }) => {
      let instrument = made.get(name)
      if (instrument === undefined) {
        instrument =
          kind === 'counter' ? meter.createCounter(name, options) : meter.createHistogram(name, options)
        made.set(name, instrument)
      }
      return { counter: kind === 'counter', instrument, value, attributes }
    })
  }

  /** Makes the records of a copy of the block. */
  records(instruments) {
    for (const { counter, instrument, value, attributes } of instruments) {
      if (counter) instrument.add(value, attributes)
      else instrument.record(value, attributes)
    }
  }
}

let lastRecord
let lastTexts

/** A record's times as text; all events of a lock share its record, so it is written once. */
function textsOf(record) {
  if (record !== lastRecord) {
    lastRecord = record
    lastTexts = {
      begin: record.lockBeginTime === undefined ? undefined : formatRfc3339(record.lockBeginTime),
      lease: record.leaseExpireTime === undefined ? undefined : formatRfc3339(record.leaseExpireTime),
    }
  }
  return lastTexts
}

/** Publications that are events in memory. */
export const EVENTS = {
  time: (time) => time,
  start: (action) => action.startTime,
  field: (name) => name,
  payload: 'payloadMap',
  record: 'lockInformation',
  recordField: {
    owner_id: (record) => `${record}.ownerId`,
    version: (record) => `${record}.version`,
    lock_count: (record) => `${record}.lockCount`,
    lock_begin_time: (record) => `textsOf(${record}).begin`,
    lease_expire_time: (record) => `textsOf(${record}).lease`,
  },
}

/** Publications as `JSON.parse` makes them of their lines. */
export const JSON_OBJECTS = {
  time: (text) => parseRfc3339(text),
  start: (action) => action.start_time,
  field: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  payload: 'payload_map',
  record: 'lock_information',
  recordField: Object.fromEntries(
    ['owner_id', 'version', 'lock_count', 'lock_begin_time', 'lease_expire_time'].map((field) => [
      field,
      (record) => `${record}.${field}`,
    ]),
  ),
}

const makers = new Map()

/** One function for each shape of attributes, so that it is hot, and a literal. */
function maker(parameters, entries) {
  if (entries.length === 0) return undefined
  const body = `return {${entries.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', ')}}`
  const known = makers.get(parameters + body)
  if (known !== undefined) return known
  const made = new Function('textsOf', 'seconds', 'time', `return (${parameters}) => { ${body} }`)(
    textsOf,
    secondsBetween,
    parseRfc3339,
  )
  makers.set(parameters + body, made)
  return made
}

function compileStep(step, dialect) {
  const constants = {}
  let other = 0
  const entries = step.attributes.map((source) => {
    if (source.from === 'publication') return [source.key, `p.${dialect.field(source.field)}`]
    if (source.from === 'record')
      return [source.key, dialect.recordField[source.field](`p.${dialect.record}`)]
    if (source.from === 'other') {
      other = source.at
      return [source.key, `o.${dialect.field('watchDogId')}`]
    }
    constants[source.key] = source.value
    return [source.key, `c[${JSON.stringify(source.key)}]`]
  })
  return {
    name: step.name,
    kind: step.kind,
    parent: step.parent,
    publication: step.publication,
    other,
    start: timeOf(step.start, dialect),
    end: timeOf(step.end, dialect),
    status: step.status,
    attributes: maker('p, o, c', entries),
    constants,
    events: step.events.map((event) => compileEvent(event, dialect)),
    links: step.links,
  }
}

function compileEvent(event, dialect) {
  const constants = {}
  const entries = event.attributes.map(({ key, from, value, name, field }) => {
    if (from === 'duration') {
      const [start, end] = ['startTime', 'endTime'].map((each) => `a.${dialect.field(each)}`)
      return [key, dialect === EVENTS ? `seconds(${start}, ${end})` : `seconds(time(${start}), time(${end}))`]
    }
    if (from === 'id') return [key, 'p.id']
    if (from === 'mapping') {
      constants[key] = value
      return [key, `c[${JSON.stringify(key)}]`]
    }
    const entry = `a.${dialect.payload}.${name}`
    return [key, field === undefined ? entry : dialect.recordField[field](entry)]
  })
  return {
    name: event.name,
    publication: event.publication,
    action: event.action,
    attributes: maker('a, p, c', entries),
    constants,
  }
}

const readers = new Map()

function timeOf({ at, action, field }, dialect) {
  const name = dialect.field(field)
  // One function for all that read the same field: the place is data.
  const key = `${action === undefined ? 'event' : 'action'}.${name}`
  let make = readers.get(key)
  if (make === undefined) {
    make =
      action === undefined
        ? new Function('at', `return (ps) => ps[at].${name}`)
        : new Function('at', 'action', `return (ps) => ps[at].actions[action].${name}`)
    readers.set(key, make)
  }
  return make(at, action)
}
