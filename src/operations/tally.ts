import type { HrTime } from '@opentelemetry/api'
import { type Action, type Event, EventType } from '../events/index.js'
import { isBefore, usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import { AttemptTimes } from './attempt-times.js'
import { isError } from './error-type.js'
import { type LockRecord, readLockRecord } from './lock-record.js'
import { payloadValue } from './payload.js'
import { isStorageOperation, Role, roleOf, roleOfNode } from './roles.js'

/** The latest holders are told of one acquire, no more: the lock changes hands faster than anybody reads. */
const MAX_HOLDERS = 8

/** A timed storage action, not judged yet: whether its error is a failure shows only at the end. */
export interface PendingCall {
  readonly node: TreeNode
  readonly role: Role
  readonly name: string
  readonly start: HrTime
  readonly end: HrTime
  readonly err: unknown
  readonly after: boolean
}

/** An error, or an action that says as much, not judged yet. */
export interface PendingError {
  readonly node: TreeNode
  readonly role: Role
  readonly at: HrTime
  readonly err: unknown
  readonly after: boolean
}

/** A successful write of the lock's record. */
export interface Write {
  readonly event: Event
  readonly role: Role
  readonly at: HrTime
  readonly record: LockRecord | undefined
}

/**
 * Sums up the actions of a tree, each once and in any order. What it has summed up needs not be kept, so
 * that a Lock that retries for ever costs no more memory than its bound.
 */
export class Tally {
  /** The operation's interval: what began after its Finish does not count. */
  start: HrTime | undefined = undefined
  end: HrTime | undefined = undefined
  eventType: EventType = EventType.Unknown
  /** Whether a call of Lock began. */
  begun = false
  tries = 0
  busy = 0
  versionMisses = 0
  lastTry: HrTime | undefined = undefined
  /** When the attempts of an acquire began. */
  readonly attemptTimes = new AttemptTimes()
  lastNotExists: HrTime | undefined = undefined
  acquiredAt: HrTime | undefined = undefined
  acquireError: Action | undefined = undefined
  timeout: Action | undefined = undefined
  finished = false
  reentryAt: HrTime | undefined = undefined
  notOwner = false
  notFound = false
  infoError = false
  unlockSeen = false
  unlockRelease: LockRecord | undefined = undefined
  unlockReleaseSeen = false
  unlockReentry = false
  unlockSuccess = false
  unlockError: Action | undefined = undefined
  /** The last successful write of the record before the Finish. */
  write: Write | undefined = undefined
  /** When a release's successful Delete (or Update) was done. */
  lastGet: Action | undefined = undefined
  watchDogId = ''
  readonly holders: LockRecord[] = []
  readonly calls: PendingCall[] = []
  readonly errors: PendingError[] = []
  /** `WatchDog.Refresh` events. */
  readonly refreshes: TreeNode[] = []

  /** Forgets what is told already of an operation that goes on: its counts stay. */
  forgetDetails(): void {
    this.calls.length = 0
    this.errors.length = 0
    this.refreshes.length = 0
  }

  /**
   * Adds what a node says since it was last added.
   *
   * @param finish the operation's Finish: what starts later is the watch dog's work
   */
  add(node: TreeNode, finish: HrTime | undefined): void {
    const event = node.event
    if (event === undefined) return
    const start = node.start
    const after = finish !== undefined && start !== undefined && isBefore(finish, start)
    if (node.doneActions === 0) {
      if (event.eventType !== EventType.Unknown) this.#typed(event.eventType)
      if (!after && start !== undefined) this.#stretch(start, usable(event.endTime) ?? start)
      if (isError(event.err)) {
        this.errors.push({ node, role: Role.Unknown, at: start ?? [0, 0], err: event.err, after })
      }
    }
    const actions = event.actions
    for (let i = node.doneActions; i < node.actionCount; i++) {
      const action = actions[i]
      if (action === undefined || action === null) continue
      const at = usable(action.startTime) ?? start
      if (at === undefined) continue
      const late = after || (finish !== undefined && isBefore(finish, at))
      if (!late) this.#stretch(at, usable(action.endTime) ?? at)
      this.#count(node, event, action, i === 0 ? roleOfNode(node) : roleOf(action.name), at, late)
    }
    node.doneActions = node.actionCount
  }

  #count(node: TreeNode, event: Event, action: Action, role: Role, at: HrTime, after: boolean): void {
    const failed = isError(action.err)
    if (isStorageOperation(role)) {
      const end = usable(action.endTime)
      if (end !== undefined) {
        this.calls.push({ node, role, name: action.name, start: at, end, err: action.err, after })
        if (!failed && !after) this.#wrote(event, role, action, end)
      }
      if (role === Role.StorageGet && !after) this.#got(action, at)
    }
    if (failed || role === Role.NotOwner || role === Role.NotFound || role === Role.Timeout) {
      this.errors.push({ node, role, at, err: action.err, after })
    }
    if (after) {
      if (role === Role.Refresh) this.refreshes.push(node)
      return
    }
    switch (role) {
      case Role.LockBegin:
        this.begun = true
        break
      case Role.Try:
        this.tries += 1
        this.attemptTimes.add(at)
        if (later(at, this.lastTry)) this.lastTry = at
        break
      case Role.Busy: {
        this.#counters(action)
        const holder = readLockRecord(payloadValue(action, 'lockInformation'))
        if (holder !== undefined) this.#heldBy(holder)
        break
      }
      case Role.VersionMiss:
      case Role.Counters:
        this.#counters(action)
        break
      case Role.Acquired:
        this.acquiredAt = at
        this.#counters(action)
        break
      case Role.AcquireError:
        this.acquireError = action
        this.#counters(action)
        break
      case Role.Timeout:
        this.timeout = action
        this.#counters(action)
        break
      case Role.LockFinish:
      case Role.UnlockFinish:
        this.finished = true
        break
      case Role.Reentry:
        if (later(at, this.reentryAt)) this.reentryAt = at
        break
      case Role.NotExists:
        if (later(at, this.lastNotExists)) this.lastNotExists = at
        break
      case Role.NotOwner:
        this.notOwner = true
        break
      case Role.NotFound:
        this.notFound = true
        break
      case Role.GetLockInformationError:
        this.infoError = true
        break
      case Role.Unlock:
        this.unlockSeen = true
        this.tries += 1
        if (later(at, this.lastTry)) this.lastTry = at
        break
      case Role.UnlockRelease:
        this.unlockReleaseSeen = true
        this.unlockRelease = readLockRecord(payloadValue(action, 'lockInformation')) ?? this.unlockRelease
        break
      case Role.UnlockReentry:
        this.unlockReentry = true
        break
      case Role.UnlockSuccess:
        this.unlockSuccess = true
        break
      case Role.UnlockError:
        this.unlockError = action
        break
      case Role.DogCreate:
        this.watchDogId = event.watchDogId || this.watchDogId
        break
      case Role.DogStop:
        // Only an Unlock's Stop names the dog of the lock it releases; in a Lock's tree it is an old one.
        if (event.eventType === EventType.Unlock) this.watchDogId = event.watchDogId || this.watchDogId
        break
      case Role.Refresh:
        this.refreshes.push(node)
        break
      default:
        break
    }
  }

  /** Of several types the first of the model, so that their order does not matter. */
  #typed(type: EventType): void {
    if (this.eventType === EventType.Unknown || type < this.eventType) this.eventType = type
  }

  #stretch(from: HrTime, to: HrTime): void {
    if (this.start === undefined || isBefore(from, this.start)) this.start = from
    // An end before the start says nothing.
    const end = isBefore(to, from) ? from : to
    if (this.end === undefined || isBefore(this.end, end)) this.end = end
  }

  #counters(action: Action): void {
    const busy = payloadValue(action, 'lockBusyCount')
    const misses = payloadValue(action, 'versionMissCount')
    if (typeof busy === 'number' && busy > this.busy) this.busy = busy
    if (typeof misses === 'number' && misses > this.versionMisses) this.versionMisses = misses
  }

  #wrote(event: Event, role: Role, action: Action, at: HrTime): void {
    if (role !== Role.StorageCreate && role !== Role.StorageUpdate && role !== Role.StorageDelete) return
    if (this.write !== undefined && !isBefore(this.write.at, at)) return
    this.write = { event, role, at, record: readLockRecord(payloadValue(action, 'lockInformation')) }
  }

  #got(action: Action, at: HrTime): void {
    if (this.lastGet === undefined || isBefore(this.lastGet.startTime ?? at, at)) this.lastGet = action
  }

  /** Keeps the latest holders, whatever the order in which they are told of. */
  #heldBy(holder: LockRecord): void {
    const holders = this.holders
    for (const known of holders) {
      if (known.ownerId === holder.ownerId && sameMoment(known.lockBeginTime, holder.lockBeginTime)) return
    }
    let at = holders.length
    while (at > 0 && heldBefore(holder, holders[at - 1] as LockRecord)) at -= 1
    if (holders.length < MAX_HOLDERS) {
      holders.splice(at, 0, holder)
    } else if (at > 0) {
      holders.splice(at, 0, holder)
      holders.shift()
    }
  }
}

/** Earlier begin first; a tie goes by owner id, so that the order is the same in every run. */
function heldBefore(a: LockRecord, b: LockRecord): boolean {
  const left = a.lockBeginTime
  const right = b.lockBeginTime
  if (left !== undefined && right !== undefined && !sameMoment(left, right)) return isBefore(left, right)
  if (left === undefined || right === undefined) return left === undefined && right !== undefined
  return a.ownerId < b.ownerId
}

function later(a: HrTime, b: HrTime | undefined): boolean {
  return b === undefined || isBefore(b, a)
}

/** Whether two moments are the same; two unknown ones are. */
export function sameMoment(a: HrTime | undefined, b: HrTime | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a[0] === b[0] && a[1] === b[1]
}
