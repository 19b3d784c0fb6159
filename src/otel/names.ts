import { EventType } from '../events/index.js'
import { Role, roleOf } from '../operations/roles.js'
import type { TreeNode } from '../trees/node.js'

const BEGIN = '.Begin'
const KNOWN_AT_MOST = 1024
const MAX_NAME = 128

const stripped = new Map<string, string>()

/** An action's name as a span's: without a trailing `.Begin`. */
export function spanNameOfAction(actionName: string): string {
  let name = stripped.get(actionName)
  if (name === undefined) {
    name =
      actionName.endsWith(BEGIN) && actionName.length > BEGIN.length
        ? actionName.slice(0, -BEGIN.length)
        : actionName
    if (name.length > MAX_NAME) name = name.slice(0, MAX_NAME)
    if (stripped.size < KNOWN_AT_MOST) stripped.set(actionName, name)
  }
  return name
}

/** The name of an event without actions, or of one that was never published. */
export function spanNameOfType(eventType: EventType): string {
  switch (eventType) {
    case EventType.CreateLock:
      return 'StorageLock.Create'
    case EventType.Lock:
      return 'StorageLock.Lock'
    case EventType.Unlock:
      return 'StorageLock.Unlock'
    case EventType.WatchDog:
      return 'WatchDog'
    default:
      return 'StorageLock.Event'
  }
}

/** The name of a node's span: low in cardinality, never a lock id. */
export function spanNameOf(node: TreeNode, isRoot: boolean, eventType: EventType): string {
  const event = node.event
  const first = event?.actions[0]?.name
  if (typeof first === 'string' && first !== '' && node.actionCount > 0) return spanNameOfAction(first)
  if (event !== undefined) return spanNameOfType(event.eventType)
  if (isRoot) return isTokenRead(node, eventType) ? 'StorageLock.GetFencingToken' : spanNameOfType(eventType)
  return nameOfUnpublished(node, eventType)
}

/** Events that the library makes but never publishes are told by what hangs from them. */
function nameOfUnpublished(node: TreeNode, eventType: EventType): string {
  for (let child = node.firstChild; child !== undefined; child = child.nextSibling) {
    const name = child.event?.actions[0]?.name
    if (typeof name !== 'string') continue
    if (name.startsWith('WatchDog.')) return 'WatchDog'
    const role = roleOf(name)
    if (role === Role.UnlockReentry) return 'StorageLock.Unlock.Reentry'
    if (role === Role.StorageUpdate && eventType === EventType.Lock) return 'StorageLock.Lock.Expired'
  }
  return spanNameOfType(eventType)
}

function isTokenRead(node: TreeNode, eventType: EventType): boolean {
  if (eventType !== EventType.Unknown) return false
  for (let child = node.firstChild; child !== undefined; child = child.nextSibling) {
    if (child.event?.actions[0]?.name === 'StorageLock.getLockInformation.Begin') return true
  }
  return false
}
