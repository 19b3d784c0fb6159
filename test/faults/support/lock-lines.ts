import { eventId, goTime } from './ids.js'

/** An action as it stands in a line. */
export interface ActionSpec {
  readonly name: string
  /** Nanoseconds since 1970. */
  readonly at: bigint
  readonly end?: bigint
  readonly err?: unknown
  readonly payload?: Readonly<Record<string, unknown>>
}

export interface EventSpec {
  readonly id: string
  readonly rootId: string
  readonly parentId: string
  readonly type: number
  readonly at: bigint
  readonly end?: bigint
  readonly actions: readonly ActionSpec[]
  readonly watchDogId?: string
  readonly lockId?: string
  readonly ownerId?: string
  readonly err?: unknown
}

/** An action's JSON. */
export function actionJson({ name, at, end, err, payload }: ActionSpec): string {
  return (
    `{"start_time":"${goTime(at)}","end_time":${end === undefined ? 'null' : `"${goTime(end)}"`}` +
    `,"name":"${name}","err":${JSON.stringify(err ?? null)},"payload_map":${JSON.stringify(payload ?? null)}}`
  )
}

/** A line as the stdout listener prints it, with the actions' JSON given; without a line end. */
export function eventLineOf(spec: Omit<EventSpec, 'actions'>, actions: string): string {
  return (
    `{"id":"${spec.id}","root_id":"${spec.rootId}","parent_id":"${spec.parentId}"` +
    `,"lock_id":${JSON.stringify(spec.lockId ?? 'order-42')},"owner_id":${JSON.stringify(spec.ownerId ?? 'owner-A')}` +
    `,"storage_name":"memory-storage","start_time":"${goTime(spec.at)}","end_time":"${goTime(spec.end ?? spec.at + 600n)}"` +
    `,"event_type":${spec.type},"actions":[${actions}],"watch_dog_id":"${spec.watchDogId ?? ''}"` +
    `,"lock_information":null,"err":${JSON.stringify(spec.err ?? null)}}`
  )
}

export const lineOf = (spec: EventSpec): string =>
  eventLineOf(spec, spec.actions.map((action) => actionJson(action)).join(','))

/** Makes the events of one Lock call, one after another in time. */
export class CallWriter {
  readonly rootId: string
  readonly #family: number
  #next = 1
  /** Nanoseconds since 1970. */
  now: bigint
  readonly lockId: string
  readonly ownerId: string

  constructor(family: number, now: bigint, lockId = 'order-42', ownerId = 'owner-A') {
    this.#family = family
    this.rootId = eventId(family, 0)
    this.now = now
    this.lockId = lockId
    this.ownerId = ownerId
  }

  newId(): string {
    return eventId(this.#family, this.#next++)
  }

  /** One event with one action, 20 µs after the one before. */
  event(name: string, more: Partial<EventSpec> & { action?: Partial<ActionSpec> } = {}): string {
    this.now += 20_000n
    const { action, ...spec } = more
    return lineOf({
      id: this.newId(),
      rootId: this.rootId,
      parentId: this.rootId,
      type: 2,
      at: this.now,
      lockId: this.lockId,
      ownerId: this.ownerId,
      actions: [{ name, at: this.now + 100n, ...action }],
      ...spec,
    })
  }

  /** The line of the root, at the begin of the call. */
  begin(): string {
    return this.event('StorageLock.Lock.Begin', { id: this.rootId, parentId: '' })
  }

  /** A timed call of the storage, 5 µs long. */
  storage(
    name: string,
    more: Partial<EventSpec> & { payload?: Record<string, unknown>; err?: unknown },
  ): string {
    const { payload, err, ...spec } = more
    const at = this.now + 20_100n
    return this.event(name, {
      ...spec,
      action: { end: at + 5_000n, ...(payload === undefined ? {} : { payload }), err: err ?? null },
    })
  }
}
