import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { EventIdGenerator, OtelListener } from '../../dist/esm/index.js'
import { tappedMeter } from './providers.mjs'

/**
 * Finds out what telemetry a block of publications must become: runs the listener over one copy and notes,
 * for each span, which publication each of its values comes from. The floor then makes the same telemetry
 * from any other copy, with no need to find out anything.
 */
export function planOf(events, options = {}) {
  const spans = []
  const records = []
  const provider = new BasicTracerProvider({
    idGenerator: new EventIdGenerator(),
    spanLimits: { eventCountLimit: 1e6, attributeCountLimit: 1000, linkCountLimit: 1000 },
    spanProcessors: [
      {
        onStart: (span) => spans.push(span),
        onEnd() {},
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  })
  const listener = new OtelListener({
    tracerProvider: provider,
    meterProvider: tappedMeter(records),
    ...options,
  })
  for (const event of events) listener.on(undefined, event)
  listener.flushSync()
  const places = new Places(events)
  const index = new Map(spans.map((span, at) => [spanKey(span.spanContext()), at]))
  return { steps: spans.map((span) => stepOf(span, index, places)), records }
}

const spanKey = (context) => `${context.traceId}-${context.spanId}`

function stepOf(span, index, places) {
  const id = span.attributes['storage_lock.event.id']
  const rootId = span.attributes['storage_lock.root_id']
  const publication = places.publicationOf(id, rootId)
  const parent = span.parentSpanContext
  return {
    name: span.name,
    kind: span.kind,
    parent: parent === undefined ? -1 : index.get(spanKey(parent)),
    publication: publication.at,
    start: places.timeOf(span.startTime),
    end: places.timeOf(span.endTime),
    status: span.status.code,
    attributes: sourcesOf(span.attributes, publication, places),
    events: span.events.map((event) => eventOf(event, places)),
    links: span.links.map((link) => ({
      to: index.get(spanKey(link.context)),
      attributes: link.attributes,
    })),
  }
}

const FIELDS = {
  'storage_lock.root_id': 'rootId',
  'storage_lock.event.id': 'id',
  'storage_lock.lock.id': 'lockId',
  'storage_lock.owner.id': 'ownerId',
  'storage_lock.storage.name': 'storageName',
  'storage_lock.watch_dog.id': 'watchDogId',
}

/** Where each attribute comes from: a field of a publication, its record, or nowhere but the mapping. */
function sourcesOf(attributes, { event, idField }, places) {
  return Object.entries(attributes).map(([key, value]) => {
    const field = key === 'storage_lock.event.id' ? idField : FIELDS[key]
    if (field !== undefined && event[field] === value) return { key, from: 'publication', field }
    if (key === 'storage_lock.watch_dog.id') return { key, from: 'other', at: places.withDog(value) }
    if (key.startsWith('storage_lock.lock_information.')) {
      return { key, from: 'record', field: key.slice('storage_lock.lock_information.'.length) }
    }
    return { key, from: 'mapping', value }
  })
}

function eventOf(event, places) {
  const { at, action } = places.actionOf(event)
  const payload = []
  const others = []
  for (const [key, value] of Object.entries(event.attributes)) {
    if (key.startsWith('storage_lock.payload.')) {
      const [name, field] = key.slice('storage_lock.payload.'.length).split('.')
      payload.push({ key, name, field })
    } else if (key === 'storage_lock.action.duration') others.push({ key, from: 'duration' })
    else if (key === 'storage_lock.event.id') others.push({ key, from: 'id' })
    else others.push({ key, from: 'mapping', value })
  }
  return { name: event.name, publication: at, action, attributes: [...others, ...payload] }
}

/** Times are arrays, and every array stands in one place: so each time in a span tells where it comes from. */
class Places {
  #events
  #times = new Map()

  constructor(events) {
    this.#events = events
    events.forEach((event, at) => {
      this.#enter(event.startTime, { at, field: 'startTime' })
      this.#enter(event.endTime, { at, field: 'endTime' })
      event.actions.forEach((action, index) => {
        this.#enter(action.startTime, { at, action: index, field: 'startTime' })
        this.#enter(action.endTime, { at, action: index, field: 'endTime' })
      })
    })
  }

  #enter(time, place) {
    if (time !== undefined) this.#times.set(time, place)
  }

  timeOf(time) {
    const place = this.#times.get(time)
    if (place === undefined) throw new Error(`a span has the time ${time}, which is no publication's`)
    return place
  }

  actionOf(event) {
    const place = this.timeOf(event.time)
    if (place.action === undefined) throw new Error(`the span event ${event.name} is no action`)
    return place
  }

  /** The publication that a span's ids are read from: its own, else one that names it. */
  publicationOf(id, rootId) {
    const own = this.#events.findLastIndex((event) => event.id === id)
    if (own >= 0) return { at: own, event: this.#events[own], idField: 'id' }
    const named = this.#events.findIndex((event) => event.parentId === id)
    if (named >= 0) return { at: named, event: this.#events[named], idField: 'parentId' }
    const member = this.#events.findIndex((event) => event.rootId === rootId)
    return { at: member, event: this.#events[member], idField: 'rootId' }
  }

  withDog(watchDogId) {
    return this.#events.findIndex((event) => event.watchDogId === watchDogId)
  }
}
