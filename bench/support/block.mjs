import {
  Action,
  EVENT_ID_PREFIX,
  Event,
  eventFromJson,
  LockInformation,
  newEventId,
} from '../../dist/esm/index.js'

/**
 * A run of captured publications that can be had again and again as events in memory, each time with new
 * ids and later times.
 */
export class Block {
  #events
  #seconds

  /** @param lines one publication each, in publish order */
  constructor(lines) {
    this.#events = lines.map((line) => eventFromJson(line))
    const seconds = this.#events.flatMap((event) => [event.startTime[0], event.endTime[0]])
    this.#seconds = Math.max(...seconds) - Math.min(...seconds) + 2
  }

  /** Publications in one copy. */
  get length() {
    return this.#events.length
  }

  /** Seconds from one copy to the next. */
  get seconds() {
    return this.#seconds
  }

  /** The publications as they come out of a lock in this process. */
  copy(serial) {
    return this.#events.map(new Copier(serial * this.#seconds).event)
  }
}

class Copier {
  #seconds
  #ids = new Map()
  #records = new Map()

  constructor(seconds) {
    this.#seconds = seconds
  }

  event = (template) => {
    const event = new Event(template.lockId, this.#id(template.id), this.#time(template.startTime))
    event.rootId = this.#id(template.rootId)
    event.parentId = this.#id(template.parentId)
    event.ownerId = template.ownerId
    event.storageName = template.storageName
    event.endTime = this.#time(template.endTime)
    event.eventType = template.eventType
    event.watchDogId = this.#id(template.watchDogId)
    event.err = template.err
    const record = template.lockInformation
    if (record !== undefined) event.lockInformation = this.#record(record.toJson())
    event.actions = template.actions.map(this.#action)
    return event
  }

  #action = (template) => {
    const action = new Action(template.name, this.#time(template.startTime))
    action.endTime = this.#time(template.endTime)
    action.err = template.err
    if (template.payloadMap !== undefined) {
      const payload = {}
      for (const [key, value] of Object.entries(template.payloadMap)) {
        payload[key] =
          key === 'lockInformation' && value !== null ? this.#record(JSON.stringify(value)) : value
      }
      action.payloadMap = payload
    }
    return action
  }

  #id(id) {
    if (id === '') return ''
    let copy = this.#ids.get(id)
    if (copy === undefined) {
      copy = newEventId()
      if (!id.startsWith(EVENT_ID_PREFIX)) copy = id.slice(0, -32) + copy.slice(-32)
      this.#ids.set(id, copy)
    }
    return copy
  }

  #time(time) {
    return time === undefined ? undefined : [time[0] + this.#seconds, time[1]]
  }

  /** A lock hands the same record to all its events. */
  #record(json) {
    let record = this.#records.get(json)
    if (record === undefined) {
      record = LockInformation.fromJson(json)
      record.lockBeginTime = this.#time(record.lockBeginTime)
      record.leaseExpireTime = this.#time(record.leaseExpireTime)
      this.#records.set(json, record)
    }
    return record
  }
}
