import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { type Action, type Event, EventType, secondsBetween } from '../events/index.js'
import { errorMessageOf, errorTypeOf, isError } from '../operations/error-type.js'
import { usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import type { ListenerLimits } from './limits.js'
import type { NormalizedOptions } from './options.js'
import { OwnerMask } from './owner-mask.js'
import { isRecord, RecordAttributes } from './record-attributes.js'
import type { Reporter } from './reporter.js'
import * as semconv from './semconv.js'

const TYPE_NAMES: Record<EventType, string> = {
  [EventType.Unknown]: 'unknown',
  [EventType.CreateLock]: 'create',
  [EventType.Lock]: 'lock',
  [EventType.Unlock]: 'unlock',
  [EventType.WatchDog]: 'watch_dog',
}

/** `storage_lock.event.type` for an event type. */
export function eventTypeName(type: EventType): string {
  return TYPE_NAMES[type] ?? 'unknown'
}

/** Makes the attributes of spans and span events. Only called for spans that record. */
export class AttributeMaker {
  readonly mask: OwnerMask
  readonly #options: NormalizedOptions
  readonly #reporter: Reporter
  readonly #onDrop: (limit: keyof ListenerLimits, count: number) => void
  readonly #payloadNames = new Map<string, string>()
  readonly #records: RecordAttributes

  /** @param onDrop told which bound left something out, and how much */
  constructor(
    options: NormalizedOptions,
    reporter: Reporter,
    onDrop: (limit: keyof ListenerLimits, count: number) => void,
  ) {
    this.#options = options
    this.#reporter = reporter
    this.#onDrop = onDrop
    this.mask = new OwnerMask(options.ownerId)
    this.#records = new RecordAttributes(this.mask)
  }

  /** What every span of a tree carries; `node` may be unpublished. */
  ofNode(tree: Tree, node: TreeNode): Attributes {
    const event = node.event
    if (event === undefined) {
      const attributes = this.ofTree(tree, node.id)
      attributes[semconv.ATTR_EVENT_PUBLISHED] = false
      return attributes
    }
    const attributes = this.#identity(
      tree.rootId,
      node.id,
      event.eventType,
      event.lockId || tree.lockId,
      event.ownerId || tree.ownerId,
      event.storageName || tree.storageName,
    )
    if (event.watchDogId !== '') attributes[semconv.ATTR_WATCH_DOG_ID] = event.watchDogId
    if (event.lockInformation !== undefined && event.lockInformation !== null) {
      try {
        this.#records.ofEvent(attributes, event.lockInformation)
      } catch (error) {
        this.#reporter.report('payload', 'the lock information of an event threw when it was read', error)
      }
    }
    if (this.#options.attributes !== undefined) this.#custom(attributes, event)
    return attributes
  }

  /** What a span carries of which only the tree is known. */
  ofTree(tree: Tree, eventId: string): Attributes {
    return this.#identity(tree.rootId, eventId, tree.eventType, tree.lockId, tree.ownerId, tree.storageName)
  }

  #identity(
    rootId: string,
    eventId: string,
    type: EventType,
    lockId: string,
    ownerId: string,
    storageName: string,
  ): Attributes {
    const typeName = eventTypeName(type)
    const owner = this.mask.show(ownerId)
    if (lockId !== '' && owner !== undefined && storageName !== '') {
      return semconv.wholeNodeAttributes(rootId, eventId, typeName, lockId, owner, storageName)
    }
    const attributes = semconv.nodeAttributes(rootId, eventId, typeName)
    if (lockId !== '') attributes[semconv.ATTR_LOCK_ID] = lockId
    if (owner !== undefined) attributes[semconv.ATTR_OWNER_ID] = owner
    if (storageName !== '') attributes[semconv.ATTR_STORAGE_NAME] = storageName
    return attributes
  }

  /**
   * What a span event carries.
   *
   * @param eventId the action's event, where the span is another one's
   */
  ofAction(action: Action, ownerId: string, eventId: string | undefined): Attributes | undefined {
    let attributes: Attributes | undefined
    if (eventId !== undefined) attributes = { [semconv.ATTR_EVENT_ID]: eventId }
    const start = usable(action.startTime)
    const end = usable(action.endTime)
    if (start !== undefined && end !== undefined) {
      attributes ??= {}
      attributes[semconv.ATTR_ACTION_DURATION] = secondsBetween(start, end)
    }
    if (isError(action.err)) {
      attributes ??= {}
      attributes[semconv.ATTR_ERROR_TYPE] = errorTypeOf(action.err)
      this.message(attributes, errorMessageOf(action.err), ownerId)
    }
    const payload = action.payloadMap
    if (payload !== undefined && payload !== null && this.#options.payload !== false) {
      attributes ??= {}
      try {
        this.#payload(attributes, payload, action.name, ownerId)
      } catch (error) {
        this.#reporter.report('payload', `the payload of ${action.name} threw when it was read`, error)
      }
    }
    return attributes
  }

  /** Sets `error.message`, where there is one, without owner ids if they are not to be shown. */
  message(attributes: Attributes, message: string | undefined, ownerId: string): void {
    if (message === undefined) return
    attributes[semconv.ATTR_ERROR_MESSAGE] = this.#text(message, ownerId)
  }

  #payload(
    attributes: Attributes,
    payload: Record<string, unknown>,
    actionName: string,
    ownerId: string,
  ): void {
    const hook = this.#options.payload
    let count = 0
    const keys = Object.keys(payload)
    for (const key of keys) {
      if (count++ >= this.#options.limits.payloadEntries) {
        this.#onDrop('payloadEntries', keys.length - count + 1)
        return
      }
      const value = payload[key]
      if (typeof hook === 'function') {
        const chosen = this.#hooked(hook, key, value, actionName)
        if (chosen !== undefined) attributes[this.#payloadName(key, ownerId)] = this.#masked(chosen, ownerId)
        continue
      }
      const name = this.#payloadName(key, ownerId)
      if (isRecord(value)) this.#records.ofPayload(attributes, name, value)
      else {
        const shown = this.#value(value, ownerId)
        if (shown !== undefined) attributes[name] = shown
      }
    }
  }

  #value(value: unknown, ownerId: string): AttributeValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.#text(value, ownerId)
      case 'number':
        return Number.isFinite(value) ? value : String(value)
      case 'boolean':
        return value
      case 'bigint':
        return value.toString()
      case 'object':
        return value === null ? undefined : this.#text(asJson(value), ownerId)
      default:
        return undefined
    }
  }

  #text(text: string, ownerId: string): string {
    const shown = this.mask.keeps ? text : this.mask.scrub(text, ownerId)
    const bound = this.#options.limits.payloadLength
    if (shown.length <= bound) return shown
    this.#onDrop('payloadLength', 1)
    return `${shown.slice(0, bound)}…`
  }

  /** What a hook returns is the user's own choice; owner ids in it are still taken out where asked. */
  #masked(value: AttributeValue, ownerId: string): AttributeValue {
    if (typeof value === 'string') return this.#text(value, ownerId)
    if (this.mask.keeps || !Array.isArray(value) || typeof value[0] !== 'string') return value
    return value.map((each) => this.#text(each as string, ownerId))
  }

  #payloadName(key: string, ownerId: string): string {
    // A payload can be a map by owner. Such names are not remembered: they are as many as owners.
    const shown = this.mask.keeps ? key : this.mask.scrub(key, ownerId)
    if (shown !== key) return semconv.PAYLOAD_PREFIX + shown.slice(0, 64)
    let name = this.#payloadNames.get(key)
    if (name === undefined) {
      name = semconv.PAYLOAD_PREFIX + (key.length > 64 ? key.slice(0, 64) : key)
      if (this.#payloadNames.size < 1024) this.#payloadNames.set(key, name)
    }
    return name
  }

  #hooked(
    hook: NonNullable<Exclude<NormalizedOptions['payload'], false>>,
    key: string,
    value: unknown,
    actionName: string,
  ): AttributeValue | undefined {
    try {
      const chosen: unknown = hook(key, value, actionName)
      if (chosen === undefined || isAttributeValue(chosen)) return chosen
      this.#reporter.report(
        'hook',
        `the payload hook returned what is no attribute value for ${key} of ${actionName}`,
      )
      return undefined
    } catch (error) {
      this.#reporter.report(
        'hook',
        `the payload hook threw on ${key} of ${actionName}; the entry is left out`,
        error,
      )
      return undefined
    }
  }

  #custom(attributes: Attributes, event: Event): void {
    try {
      const own: unknown = this.#options.attributes?.(event)
      if (own === undefined) return
      if (typeof own !== 'object' || own === null || Array.isArray(own)) {
        this.#reporter.report('hook', 'the attributes hook returned what is no object of attributes')
        return
      }
      for (const [key, value] of Object.entries(own)) {
        if (isAttributeValue(value)) attributes[key] = value
        else if (value !== undefined)
          this.#reporter.report('hook', `the attributes hook returned what is no attribute value for ${key}`)
      }
    } catch (error) {
      this.#reporter.report('hook', 'the attributes hook threw; the span goes without its attributes', error)
    }
  }
}

/** Whether a hook's answer can stand on a span; an SDK warns of each one that cannot. */
function isAttributeValue(value: unknown): value is AttributeValue {
  if (!Array.isArray(value)) return isPrimitive(value)
  return value.every((each) => isPrimitive(each) && typeof each === typeof value[0])
}

function isPrimitive(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function asJson(value: object): string {
  try {
    return (
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)) ??
      ''
    )
  } catch {
    return '[unreadable]'
  }
}
