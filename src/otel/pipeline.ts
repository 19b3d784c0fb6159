import type { HrTime, Link } from '@opentelemetry/api'
import { EventType } from '../events/index.js'
import { conclude, concludeSegment } from '../operations/conclude.js'
import type { Hold } from '../operations/hold.js'
import { HoldRegister } from '../operations/hold-register.js'
import type { LockObserver } from '../operations/observer.js'
import type {
  AcquireOperation,
  LossReason,
  Operation,
  ReleaseOperation,
  Renewal,
} from '../operations/operation.js'
import { storageLockSemantics } from '../operations/semantics.js'
import { judgeCalls, RETRIED } from '../operations/storage-calls.js'
import { Tally } from '../operations/tally.js'
import { complete } from '../trees/complete.js'
import { Forest } from '../trees/forest.js'
import { isBefore, startOf, usable } from '../trees/moments.js'
import type { TreeNode } from '../trees/node.js'
import type { Tree } from '../trees/tree.js'
import type { ReadyReason, TreeConsumer } from '../trees/tree-consumer.js'
import { linkHolds } from './hold-links.js'
import type { HoldSpans } from './hold-spans.js'
import type { ListenerStats } from './listener-stats.js'
import type { OperationRecorder } from './operation-recorder.js'
import type { NormalizedOptions } from './options.js'
import type { Reporter } from './reporter.js'
import type { StreamClock } from './stream-clock.js'
import { lateAction, TreeHandle } from './tree-handle.js'
import type { TreeSpans } from './tree-spans.js'
import { isWaiting } from './waiting.js'

/** What the pipeline writes to, and what it is told to do. */
export interface PipelineParts {
  readonly options: NormalizedOptions
  readonly spans: TreeSpans
  readonly holdSpans: HoldSpans
  readonly recorder: OperationRecorder
  readonly stats: ListenerStats
  readonly reporter: Reporter
  readonly streamClock: StreamClock
}

/** Trees in; spans, links, records and the register of holds out. */
export class Pipeline implements TreeConsumer {
  readonly forest: Forest
  readonly holds: HoldRegister
  /** Trees of calls that were exported before they were over. */
  readonly #cut = new Set<Tree>()
  readonly #parts: PipelineParts

  constructor(parts: PipelineParts) {
    this.#parts = parts
    const { options, stats } = parts
    this.forest = new Forest(options, storageLockSemantics, this)
    this.holds = new HoldRegister(
      options.limits.holds,
      (hold, reason) => this.#holdEnded(hold, reason),
      () => stats.drop('holds', 1),
    )
  }

  onReady(tree: Tree, reason: ReadyReason): void {
    const handle = handleOf(tree)
    const all = reason === 'flush' || reason === 'idle' || reason === 'limit'
    let exported = 0
    try {
      if (!tree.exported) exported += this.#exportOperation(tree, handle)
      if (all || reason === 'segment') {
        tree.segmentEnded = false
        exported += this.#exportSegment(tree, handle, all)
      }
      if (all && !tree.held) this.#leftovers(tree, handle)
    } catch (error) {
      exported += tree.pending.length
      for (const node of tree.pending) node.spend()
      tree.pending = []
      tree.exported = true
      this.#parts.reporter.report('export', `the tree ${tree.rootId} could not be exported in full`, error)
    }
    this.forest.release(tree, exported)
  }

  onCondense(tree: Tree, node: TreeNode): void {
    const handle = handleOf(tree)
    if (handle.cut === undefined) handle.tally ??= new Tally()
    const tally = handle.cut ?? (handle.tally as Tally)
    tally.add(node, tree.finishTime)
    // What is far behind the end of the tree was retried; its calls are measured now, its errors forgotten.
    this.#record((recorder) => recorder.storageCalls(judgeCalls(tree, tally, RETRIED)))
    tally.calls.length = 0
    tally.errors.length = 0
    if (tally.refreshes.length > 0) {
      for (const renewal of concludeSegment(tree, tally).renewals) this.#renewed(renewal)
      tally.refreshes.length = 0
    }
  }

  onLimit(limit: string, count: number): void {
    this.#parts.stats.drop(limit, count)
  }

  onForget(tree: Tree): void {
    this.#giveUp(tree)
    this.#leftovers(tree, handleOf(tree))
  }

  /** Makes a span for what still waits for one: nothing is to come any more. */
  finish(): void {
    for (const tree of this.#cut) this.#giveUp(tree)
    for (const hold of this.holds.holds()) {
      const tree = (hold.handle as Tree | undefined) ?? undefined
      if (tree !== undefined) this.#leftovers(tree, handleOf(tree))
    }
  }

  /** The trees of calls of Lock that are under way, those included that a flush exported. */
  waiting(): Tree[] {
    const trees: Tree[] = []
    for (const tree of this.forest.open()) if (isWaiting(tree)) trees.push(tree)
    const { clock, idleTimeout } = this.#parts.options
    const heardSince = clock.now() - idleTimeout
    for (const tree of this.#cut) {
      if (tree.eventType === EventType.Lock && !tree.decided && tree.lastNews > heardSince) trees.push(tree)
    }
    return trees
  }

  /** Ends holds whose lease ended. */
  expireHolds(): void {
    if (this.holds.size === 0) return
    const now = this.#parts.streamClock.now()
    if (now === undefined) return
    // A renewal's lines may be under way still: for the settle window and a little of the network.
    const grace = this.#parts.options.settle / 1000 + 1
    const until: HrTime = [now[0] - Math.ceil(grace), now[1]]
    // A release that is still in its settle window is not known to the register yet.
    const unsettled = this.forest.oldestUnsettled()
    this.holds.expire(unsettled !== undefined && isBefore(unsettled, until) ? unsettled : until, (hold) =>
      this.#catchUp(hold),
    )
  }

  #exportOperation(tree: Tree, handle: TreeHandle): number {
    const finish = tree.finishTime
    const own: TreeNode[] = []
    const after: TreeNode[] = []
    for (const node of tree.pending) (isAfter(node, finish) ? after : own).push(node)
    const tally = handle.tally ?? new Tally()
    handle.tally = undefined
    for (const node of own) tally.add(node, finish)
    const operation = conclude(tree, tally)
    const segment = tally.refreshes.length > 0 ? concludeSegment(tree, tally) : undefined
    this.#parts.streamClock.hear(operation.end)
    const links: Link[] = []
    const released = linkHolds(this.holds, operation, links)
    tree.pending = after
    tree.exported = true
    tree.held = operation.kind === 'acquire' && operation.outcome === 'acquired' && !operation.reentrant
    this.#attempt(() =>
      this.#parts.spans.operation(tree, handle, operation, segment?.renewals ?? [], own, links),
    )
    // The spans that they belong to may be among those that are exported next.
    if (after.length === 0) this.#trimLate(handle)
    for (const node of own) node.spend()
    const root = tree.nodes.get(tree.rootId)
    if (root !== undefined) root.spend()
    if (isCut(operation)) this.#cutOff(tree, handle, tally, operation)
    else this.#conclude(tree, handle, operation, released)
    for (const renewal of segment?.renewals ?? []) this.#renewed(renewal)
    return own.length
  }

  /** Enters what a call was: in the instruments, and in the register of holds. */
  #conclude(tree: Tree, handle: TreeHandle, operation: Operation, released: Hold | undefined): void {
    this.#record((recorder) => recorder.operation(operation))
    if (operation.kind === 'acquire') {
      // Its watch dog may have told before that the lease was lost.
      if (operation.takeover) this.#catchUp(this.holds.takenOver(operation), tree, operation.acquiredAt)
      const hold = this.holds.acquired(operation, tree, handle.root)
      tree.held = hold?.rootId === tree.rootId && hold.end === undefined
      tree.pinned = tree.held
      this.#observe((observer) => observer.operation?.(operation, hold))
    } else {
      this.#observe((observer) => observer.operation?.(operation, released))
      if (operation.kind === 'release') {
        if (operation.releasedAt !== undefined) this.#catchUp(released, tree, operation.releasedAt)
        this.holds.released(operation, released)
      }
    }
  }

  /** A call that is exported before it is over, by a flush or for its silence, is entered when it is over. */
  #cutOff(
    tree: Tree,
    handle: TreeHandle,
    tally: Tally,
    operation: AcquireOperation | ReleaseOperation,
  ): void {
    this.#record((recorder) => recorder.storageCalls(operation.storageCalls))
    tally.forgetDetails()
    handle.cut = tally
    tree.pinned = true
    this.#cut.add(tree)
  }

  /** Enters a call of which no more is to come. */
  #giveUp(tree: Tree): void {
    const handle = handleOf(tree)
    if (handle.cut === undefined) return
    const operation = conclude(tree, handle.cut)
    handle.cut = undefined
    tree.pinned = false
    this.#cut.delete(tree)
    this.#conclude(
      tree,
      handle,
      operation,
      operation.kind === 'release' ? this.holds.releasedBy(operation) : undefined,
    )
  }

  /**
   * Renewals before the end of a hold belong to it, also those whose settle window is not over.
   *
   * @param ending the tree of the call that ends it, and when it does
   */
  #catchUp(hold: Hold | undefined, ending?: Tree, at?: HrTime): void {
    if (hold !== undefined && at !== undefined) hold.endsBy = at
    const tree = hold?.handle as Tree | undefined
    if (tree === undefined || tree === ending || !tree.exported) return
    if (tree.pending.length === 0 && tree.grown.length === 0) return
    tree.segmentEnded = false
    this.forest.release(tree, this.#exportSegment(tree, handleOf(tree), false))
  }

  /** @param all whether what still waits for its parent is exported too */
  #exportSegment(tree: Tree, handle: TreeHandle, all: boolean): number {
    const { ready: nodes, early } = all ? { ready: tree.pending, early: [] } : complete(tree)
    if (nodes.length === 0 && tree.grown.length === 0) return 0
    tree.pending = early
    const tally = handle.cut ?? new Tally()
    for (const node of tree.grown) {
      this.#growLate(node, handle)
      tally.add(node, tree.finishTime)
    }
    for (const node of nodes) {
      tally.add(node, tree.finishTime)
      this.#parts.streamClock.hear(node.event?.endTime)
    }
    const { renewals, storageCalls, failures } = concludeSegment(tree, tally)
    const operation = handle.cut !== undefined ? conclude(tree, tally) : undefined
    const holding = tree.held
    this.#attempt(() =>
      this.#parts.spans.segment(tree, handle, nodes, renewals, operation?.failures ?? failures),
    )
    this.#trimLate(handle)
    for (const node of nodes) node.spend()
    for (const node of tree.grown) {
      node.grown = false
      node.spend()
    }
    tree.grown = []
    if (operation === undefined) {
      this.#record((recorder) => recorder.storageCalls(storageCalls))
    } else if (isCut(operation)) {
      this.#cutOff(tree, handle, tally, operation)
    } else {
      this.#giveUp(tree)
    }
    for (const renewal of renewals) this.#renewed(renewal)
    if (!holding && !tree.held) this.#leftovers(tree, handle)
    return nodes.length
  }

  /** The new actions of an event whose span is made already. */
  #growLate(node: TreeNode, handle: TreeHandle): void {
    const event = node.event
    if (event === undefined) return
    for (let index = node.doneActions; index < node.actionCount; index++) {
      const at = usable(event.actions[index]?.startTime) ?? startOf(event)
      if (at === undefined) continue
      const late = lateAction(event, index, at)
      if (late !== undefined) handle.late.push(late)
    }
  }

  /** Keeps the newest of the actions that found no span. */
  #trimLate({ late }: TreeHandle): void {
    const excess = late.length - this.#parts.options.limits.actionsPerEvent
    if (excess <= 0) return
    this.#parts.stats.drop('actionsPerEvent', excess)
    late.splice(0, excess)
  }

  #renewed(renewal: Renewal): void {
    const hold = this.holds.renewedBy(renewal)
    this.#observe((observer) => observer.renewal?.(renewal, hold))
    const { lossReason: reason } = renewal
    this.#record((recorder) => recorder.renewal(renewal, hold?.leaseExpireTime))
    const over = hold?.end !== undefined
    if (renewal.outcome === 'lost' && !renewal.lossCertain && reason !== undefined && !over) {
      this.#record((recorder) => recorder.leaseLost(renewal, reason))
    }
    if (hold !== undefined) this.holds.renewed(renewal, hold)
    else if (renewal.lossCertain && reason !== undefined) {
      this.#record((recorder) => recorder.leaseLost(renewal, reason))
    }
  }

  #observe(tell: (observer: LockObserver) => void): void {
    const observer = this.#parts.options.observer
    if (observer === undefined) return
    try {
      tell(observer)
    } catch (error) {
      this.#parts.reporter.report('hook', 'the observer threw', error)
    }
  }

  #leftovers(tree: Tree, handle: TreeHandle): void {
    if (waiting(handle)) this.#attempt(() => this.#parts.spans.leftovers(tree, handle))
  }

  #record(write: (recorder: OperationRecorder) => void): void {
    this.#attempt(() => write(this.#parts.recorder))
  }

  /** An SDK that throws costs what it was asked for, and nothing else. */
  #attempt(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#parts.reporter.report('export', 'a span or a record of a lock was lost to an error', error)
    }
  }

  #holdEnded(hold: Hold, reason: LossReason | undefined): void {
    this.#record((recorder) => recorder.holdEnded(hold))
    this.#observe((observer) => observer.holdEnded?.(hold, reason))
    // One lease is lost once: its watch dog may have told of it before.
    if (reason !== undefined && !(reason === 'expired' && hold.reportedLost))
      this.#record((recorder) => recorder.leaseLost(hold, reason))
    const tree = hold.handle as Tree
    const handle = handleOf(tree)
    this.#attempt(() => this.#parts.holdSpans.write(hold, tree, handle, reason))
    this.forest.unpin(tree)
  }
}

/** Whether a call is exported although it may go on. */
function isCut(operation: Operation): operation is AcquireOperation | ReleaseOperation {
  return (operation.kind === 'acquire' || operation.kind === 'release') && !operation.complete
}

function handleOf(tree: Tree): TreeHandle {
  if (tree.handle === undefined) tree.handle = new TreeHandle()
  return tree.handle as TreeHandle
}

function waiting(handle: TreeHandle): boolean {
  return handle.late.length > 0 || handle.forHold.length > 0
}

function isAfter(node: TreeNode, finish: HrTime | undefined): boolean {
  const { start } = node
  return finish !== undefined && start !== undefined && isBefore(finish, start)
}
