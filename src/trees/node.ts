import type { HrTime } from '@opentelemetry/api'
import type { Event } from '../events/index.js'
import { startOf } from './moments.js'

/** How far chains of parents are followed; a longer one is likely to be a circle. */
export const MAX_PARENTS = 64

/**
 * One event id of a tree: the fullest publication of it seen so far, or nothing but the id where others
 * name it as their parent and it was never published.
 */
export class TreeNode {
  /** The newest publication; undefined for an unpublished id, and once the node was exported. */
  event: Event | undefined
  /** When that began: its own start, or the best that stands in for a missing one. */
  start: HrTime | undefined
  /** Whether any publication of this id was seen. */
  published: boolean
  /** How many actions were published: the event object may have grown since. */
  actionCount: number
  /** What the first of them means to who handed in the semantics; 0 for nothing known. */
  meaning = 0
  /** How many of them were handed on already. */
  doneActions = 0
  /** Whether the node's span is made. */
  exported = false
  /** Whether the node waits in the tree's list of republished, already exported events. */
  grown = false
  /** The id it hangs from since its own parent was summed up; see condense(). */
  adoptedBy: string | undefined = undefined
  /** What the consumer keeps about an exported node: its span, its span context. */
  handle: unknown = undefined
  /** What the consumer needs while it exports the node, e.g. the context its children start in. */
  scope: unknown = undefined

  // Set by assemble():
  parent: TreeNode | undefined = undefined
  firstChild: TreeNode | undefined = undefined
  nextSibling: TreeNode | undefined = undefined
  /** Earliest and latest moment of the event, its actions and its children. */
  from: HrTime | undefined = undefined
  to: HrTime | undefined = undefined
  /** Whether it began after the operation's Finish: the watch dog's work. */
  after = false

  constructor(
    readonly id: string,
    event: Event | undefined,
    actionCount: number,
  ) {
    this.event = event
    this.start = event === undefined ? undefined : startOf(event)
    this.published = event !== undefined
    this.actionCount = actionCount
  }

  /** Takes a publication that says more. */
  take(event: Event): void {
    this.event = event
    this.start = startOf(event)
  }

  /** The id it hangs from, as far as it is known; undefined for the root and for what was never published. */
  get parentId(): string | undefined {
    return this.adoptedBy ?? (this.event?.parentId || this.event?.parent?.id || undefined)
  }

  /** Lets go of the publication, once its span is made and it is counted. */
  spend(): void {
    this.exported = true
    this.event = undefined
    this.start = undefined
    this.doneActions = this.actionCount
  }
}
