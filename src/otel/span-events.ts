import type { HrTime, Span } from '@opentelemetry/api'
import { isBefore, usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { AttributeMaker } from './attributes.js'
import { gapTo, nearest } from './late-actions.js'
import type { NormalizedOptions } from './options.js'
import { isSpan, type SpanBatch } from './span-batch.js'
import { addSpanEvent } from './span-writer.js'
import { type LateAction, lateAction, type TreeHandle } from './tree-handle.js'

/** Turns the actions of nodes into span events, each once, in the order of time. */
export class SpanEvents {
  readonly #options: NormalizedOptions
  readonly #attributes: AttributeMaker
  readonly #onDrop: (limit: 'actionsPerEvent', count: number) => void

  constructor(
    options: NormalizedOptions,
    attributes: AttributeMaker,
    onDrop: (limit: 'actionsPerEvent', count: number) => void,
  ) {
    this.#options = options
    this.#attributes = attributes
    this.#onDrop = onDrop
  }

  /** Adds a node's actions to the span of `owner`: its own, or that of the node it folds into. */
  gather(batch: SpanBatch, node: TreeNode, owner: TreeNode | undefined): void {
    const event = node.event
    if (event === undefined || owner === undefined) return
    const finish = batch.tree.finishTime
    const span = isSpan(owner.handle) ? owner.handle : undefined
    const eventId = owner === node ? undefined : event.id
    // Only a span that takes no other node's events, nor late ones, can be given its own as they come.
    const direct = this.#options.detail === 'full' && !node.after && inOrder(node) ? span : undefined
    let waiting = direct === undefined ? batch.folded.get(owner) : undefined
    const bound = this.#options.limits.actionsPerEvent
    const half = bound >> 1
    // The middle is left out; the late ones go to other spans and do not count.
    const excess = node.actionCount > bound ? Math.max(0, ownActions(node, finish) - bound) : 0
    if (excess > 0) this.#onDrop('actionsPerEvent', excess)
    let own = 0
    for (let i = 0; i < node.actionCount; i++) {
      const action = event.actions[i]
      if (action === undefined || action === null) continue
      const at = usable(action.startTime) ?? (node.from as HrTime)
      if (isLate(node, at, finish)) {
        // The watch dog speaks through an event of the operation; that belongs to the dog's own spans.
        const late = lateAction(event, i, at)
        if (late !== undefined) batch.handle.late.push(late)
        continue
      }
      own += 1
      if (own > half && own <= half + excess) continue
      const attributes = this.#attributes.ofAction(action, event.ownerId, eventId)
      if (direct !== undefined) {
        addSpanEvent(direct, action.name, attributes, at)
        continue
      }
      if (waiting === undefined) {
        waiting = []
        batch.folded.set(owner, waiting)
      }
      waiting.push({ name: action.name, attributes, at })
    }
  }

  /** Adds a node's actions to those that wait for the span of the hold. */
  delay(batch: SpanBatch, node: TreeNode): void {
    const event = node.event
    if (event === undefined) return
    const { forHold } = batch.handle
    for (let index = 0; index < node.actionCount; index++) {
      if (forHold.length >= this.#options.limits.actionsPerEvent) {
        this.#onDrop('actionsPerEvent', node.actionCount - index)
        return
      }
      const at = usable(event.actions[index]?.startTime) ?? (node.from as HrTime)
      const late = lateAction(event, index, at)
      if (late !== undefined) forHold.push(late)
    }
  }

  /** Adds what waited for the other events of its span, and for a span of the watch dog. */
  finish(batch: SpanBatch): void {
    if (batch.places.length > 0 && batch.handle.late.length > 0) this.#placeLate(batch)
    for (const [owner, events] of batch.folded) {
      if (!isSpan(owner.handle)) continue
      events.sort(byMoment)
      for (const event of events) addSpanEvent(owner.handle, event.name, event.attributes, event.at)
    }
  }

  /** Puts the late actions among the events of the watch dog's spans that are nearest to them. */
  #placeLate(batch: SpanBatch): void {
    const late = takeLate(batch.handle)
    if (this.#options.detail === 'operation') return
    const bound = this.#options.limits.actionsPerEvent
    for (const { action, eventId, ownerId, at } of late) {
      const owner = nearest(batch.places, at)
      if ((batch.folded.get(owner)?.length ?? 0) >= bound) {
        this.#onDrop('actionsPerEvent', 1)
        continue
      }
      const attributes = this.#attributes.ofAction(action, ownerId, eventId)
      const event = { name: action.name, attributes, at }
      const waiting = batch.folded.get(owner)
      if (waiting === undefined) batch.folded.set(owner, [event])
      else waiting.push(event)
    }
  }

  /** Adds an action to a span that is not its own event's. */
  addLate({ action, eventId, ownerId, at }: LateAction, span: Span): void {
    if (this.#options.detail === 'operation') return
    addSpanEvent(span, action.name, this.#attributes.ofAction(action, ownerId, eventId), at)
  }
}

/** Takes the actions that wait for any span, oldest first. */
export function takeAllLate(handle: TreeHandle): LateAction[] {
  handle.late.push(...handle.forHold)
  handle.forHold = []
  return takeLate(handle)
}

function takeLate(handle: TreeHandle): LateAction[] {
  const late = handle.late
  handle.late = []
  return late.sort(byMoment)
}

function byMoment(a: { readonly at: HrTime }, b: { readonly at: HrTime }): number {
  return isBefore(a.at, b.at) ? -1 : isBefore(b.at, a.at) ? 1 : 0
}

/** Whether an action came after the end of the operation that its node belongs to. */
function isLate(node: TreeNode, at: HrTime, finish: HrTime | undefined): boolean {
  return !node.after && finish !== undefined && isBefore(finish, at)
}

function ownActions(node: TreeNode, finish: HrTime | undefined): number {
  let count = 0
  for (let i = 0; i < node.actionCount; i++) {
    const action = node.event?.actions[i]
    if (action === undefined || action === null) continue
    if (!isLate(node, usable(action.startTime) ?? (node.from as HrTime), finish)) count += 1
  }
  return count
}

/** Whether a node's actions stand in the order of their times. */
function inOrder(node: TreeNode): boolean {
  const actions = node.event?.actions
  if (actions === undefined) return true
  for (let i = 1; i < node.actionCount; i++) {
    const before = actions[i - 1]?.startTime
    const after = actions[i]?.startTime
    if (before !== undefined && after !== undefined && isBefore(after, before)) return false
  }
  return true
}

/** The node whose span a node without one shares. */
export function spanOwner(node: TreeNode): TreeNode | undefined {
  let owner: TreeNode | undefined = node
  while (owner?.parent !== undefined && owner.parent.handle === owner.handle) owner = owner.parent
  return isSpan(owner?.handle) ? owner : undefined
}

/** The renewal a node belongs to: the one it hangs from, else the nearest in time. */
export function renewalOf(node: TreeNode, batch: SpanBatch): TreeNode | undefined {
  const renewals = batch.renewals
  if (renewals === undefined) return undefined
  if (node.parent !== undefined && renewals.has(node.parent)) return node.parent
  let best: TreeNode | undefined
  let gap = Number.POSITIVE_INFINITY
  for (const [refresh, renewal] of renewals) {
    const other = gapTo({ from: renewal.start, to: renewal.end }, node.from as HrTime)
    if (other < gap) {
      best = refresh
      gap = other
    }
  }
  return best
}
