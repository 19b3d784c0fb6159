import type { HrTime } from '@opentelemetry/api'
import type { Event, EventType } from '../events/index.js'
import { type FrozenNodes, freezeNodes, thawNodes } from './frozen-nodes.js'
import { isBefore } from './moments.js'
import { TreeNode } from './node.js'

/** All that is known of one root id: the nodes that wait for export and what is remembered of the others. */
export class Tree {
  #nodes: Map<string, TreeNode> | undefined = new Map()
  #frozen: FrozenNodes | undefined = undefined
  /** Nodes not exported yet, in the order they came. */
  pending: TreeNode[] = []
  /** Exported nodes that were published again with more actions. */
  grown: TreeNode[] = []
  /** When the operation's Finish (else its outcome) happened; what starts later is the watch dog's. */
  finishTime: HrTime | undefined = undefined
  #endsByFinish = false
  /** Whether the Finish itself was seen. */
  finished = false
  /** Whether the outcome was seen. */
  decided = false
  /** Whether the operation's spans and records are made. */
  exported = false
  /** Whether a renewal or the watch dog ended since the last export. */
  segmentEnded = false
  /** When it did, on the clock of the forest. */
  segmentEndedAt = 0
  /** Whether the watch dog was told to stop since the last export. */
  segmentDecided = false
  /** Its events that wait for late lines only; counted by the forest. */
  over = 0
  /** Nodes that were summed up and dropped to stay within `eventsPerTree`. */
  condensed = 0
  /** On the clock of the forest: the last news of any kind, and of the operation alone. */
  lastNews = 0
  lastOperationNews = 0
  /** When its newest event began, in seconds, and after how many publications of all trees that came. */
  newest = 0
  heardAfter = 0
  /** After how many publications its Finish came. */
  finishedAfter = 0
  /** Kept as long as possible: its lock is still held, or its call was exported before it was over. */
  pinned = false
  /** Whether the lock that its call acquired is held still: then there is more to come. */
  held = false
  /** Whether it has something to export; set by the forest. */
  open = false
  /** Its neighbours in the list it stands in; see TreeList. */
  previous: Tree | undefined = undefined
  next: Tree | undefined = undefined
  /** What the consumer keeps about the tree. */
  handle: unknown = undefined
  /** What the root says it is about; where the root is unknown, the event that began first. */
  eventType: EventType
  lockId: string
  ownerId: string
  storageName: string
  /** The earliest start of its events. */
  firstStart: HrTime
  #firstId: string

  constructor(
    readonly rootId: string,
    /** The `ctx` of the tree's first event; let go of once the operation is exported. */
    public context: unknown,
    first: Event,
    /** When the first event seen began. */
    start: HrTime,
  ) {
    this.firstStart = start
    this.#firstId = first.id
    this.eventType = first.eventType
    this.lockId = first.lockId
    this.ownerId = first.ownerId
    this.storageName = first.storageName
  }

  /** All its nodes by their ids. */
  get nodes(): Map<string, TreeNode> {
    return this.#nodes ?? this.#thaw()
  }

  /** Makes what is remembered of it small, until there is news of it. */
  freeze(): void {
    if (this.#nodes === undefined) return
    this.#frozen = freezeNodes(this.#nodes)
    if (this.#frozen !== undefined) this.#nodes = undefined
  }

  #thaw(): Map<string, TreeNode> {
    const nodes = thawNodes(this.#frozen as FrozenNodes)
    this.#nodes = nodes
    this.#frozen = undefined
    return nodes
  }

  /** Hears of another event of it and when that began, so that what it is about does not depend on the order they come in. */
  hear(event: Event, start: HrTime | undefined): void {
    const isFirst =
      start !== undefined &&
      (isBefore(start, this.firstStart) || (!isBefore(this.firstStart, start) && event.id < this.#firstId))
    if (isFirst) this.firstStart = start
    if (event.id !== this.rootId && (!isFirst || this.#firstId === this.rootId)) return
    this.#firstId = event.id
    this.eventType = event.eventType
    this.lockId = event.lockId
    this.ownerId = event.ownerId
    this.storageName = event.storageName
  }

  /**
   * Notes when the operation ended: at its Finish, else at its outcome; of several the latest, so that the
   * order in which they come does not matter.
   */
  ends(at: HrTime | undefined, byFinish: boolean): void {
    if (at === undefined || (this.#endsByFinish && !byFinish)) return
    if (byFinish && !this.#endsByFinish) {
      this.#endsByFinish = true
      this.finishTime = at
    } else if (this.finishTime === undefined || isBefore(this.finishTime, at)) {
      this.finishTime = at
    }
  }

  /** The node of an id, made as an unpublished one where the id is new. */
  ensureNode(id: string): TreeNode {
    const nodes = this.nodes
    let node = nodes.get(id)
    if (node === undefined) {
      node = new TreeNode(id, undefined, 0)
      nodes.set(id, node)
    }
    return node
  }
}
