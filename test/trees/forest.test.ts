import { beforeEach, describe, expect, it } from 'vitest'
import { Action, Event, EventType } from '../../src/events/index.js'
import { Forest } from '../../src/trees/forest.js'
import { DEFAULT_TREE_LIMITS, type TreeLimits } from '../../src/trees/limits.js'
import { Signal, type TreeSemantics } from '../../src/trees/semantics.js'
import type { Tree } from '../../src/trees/tree.js'
import type { ReadyReason, TreeConsumer } from '../../src/trees/tree-consumer.js'

const signals: Record<string, number> = {
  finish: Signal.Finish,
  success: Signal.Outcome,
  renewed: Signal.SegmentEnd,
  stop: Signal.SegmentOutcome,
}

/** A vocabulary of four words. */
const semantics: TreeSemantics = {
  signalOfAction: (_, name) => signals[name] ?? Signal.None,
  signalOfEvent: (event) => (event.eventType === EventType.CreateLock ? Signal.Finish : Signal.None),
}

interface Ready {
  readonly tree: string
  readonly reason: ReadyReason
  readonly nodes: string[]
}

/** Takes everything that is handed over, at once. */
class Consumer implements TreeConsumer {
  readonly ready: Ready[] = []
  readonly limits: Record<string, number> = {}
  readonly condensed: string[] = []
  readonly forgotten: string[] = []
  forest: Forest | undefined

  onReady(tree: Tree, reason: ReadyReason): void {
    const nodes = tree.pending
    this.ready.push({ tree: tree.rootId, reason, nodes: [...nodes, ...tree.grown].map((node) => node.id) })
    for (const node of nodes) {
      node.exported = true
      node.event = undefined
    }
    for (const node of tree.grown) node.grown = false
    tree.pending = []
    tree.grown = []
    tree.exported = true
    tree.segmentEnded = false
    this.forest?.release(tree, nodes.length)
  }

  onCondense(_: Tree, node: { readonly id: string }): void {
    this.condensed.push(node.id)
  }

  onLimit(limit: keyof TreeLimits, count: number): void {
    this.limits[limit] = (this.limits[limit] ?? 0) + count
  }

  onForget(tree: Tree): void {
    this.forgotten.push(tree.rootId)
  }

  take(): Ready[] {
    return this.ready.splice(0)
  }
}

let consumer: Consumer
let forest: Forest
let now: number

function grow(options: { settle?: number; idleTimeout?: number; limits?: Partial<TreeLimits> } = {}): void {
  consumer = new Consumer()
  forest = new Forest(
    {
      settle: options.settle ?? 250,
      idleTimeout: options.idleTimeout ?? 60_000,
      limits: { ...DEFAULT_TREE_LIMITS, ...options.limits },
    },
    semantics,
    consumer,
  )
  consumer.forest = forest
}

beforeEach(() => {
  now = 1000
  grow()
})

/** Publishes an event of the tree with these actions, a second each, from `second` on. */
function say(root: string, id: string, actions: string[] = [], second = 100): boolean {
  const event = new Event('lock', id, [second, 0])
  event.rootId = root
  event.parentId = id === root ? '' : root
  event.actions = actions.map((name, index) => new Action(name, [second + index, 0]))
  return forest.add(event, event.actions.length, undefined, now)
}

describe('a tree', () => {
  it('is handed over once its settle window after the Finish is over', () => {
    say('a', 'a')
    say('a', 'a1', ['finish'])
    now += 249
    forest.sweep(now)
    expect(consumer.take()).toEqual([])
    now += 1
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'a', reason: 'over', nodes: ['a', 'a1'] }])
    expect(forest.openTrees).toBe(0)
    expect(forest.retainedEvents).toBe(0)
  })

  it('waits a settle window anew for each late line of its operation', () => {
    say('a', 'a1', ['finish'], 110)
    now += 200
    say('a', 'a', ['begin'], 100)
    now += 200
    forest.sweep(now)
    expect(consumer.take()).toEqual([])
    now += 50
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'a', reason: 'over', nodes: ['a1', 'a'] }])
  })

  it('does not wait for the watch dog, whose lines are later than the Finish', () => {
    say('a', 'a', ['begin'], 100)
    say('a', 'f', ['finish'], 101)
    now += 200
    say('a', 'dog', ['bark'], 130)
    now += 50
    forest.sweep(now)
    expect(consumer.take().map((each) => each.tree)).toEqual(['a'])
  })

  it('is over at once where nothing needs to settle', () => {
    grow({ settle: 0 })
    say('a', 'a', ['finish'])
    expect(forest.nextDue()).toBeLessThanOrEqual(now)
    forest.sweep(now)
    expect(consumer.take()).toHaveLength(1)
    expect(forest.nextDue()).toBe(now + 60_000)
  })

  it('is over when its single event says so', () => {
    grow({ settle: 0 })
    const event = new Event('lock', 'create', [100, 0]).setType(EventType.CreateLock)
    forest.add(event, 0, undefined, now)
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'create', reason: 'over', nodes: ['create'] }])
  })

  it('whose result is known waits a second for a Finish that may be lost', () => {
    grow({ settle: 0 })
    say('a', 'a', ['begin', 'success'])
    now += 999
    forest.sweep(now)
    expect(consumer.take()).toEqual([])
    now += 1
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'a', reason: 'over', nodes: ['a'] }])
  })

  it('that falls silent is handed over after the idle timeout', () => {
    say('a', 'a')
    now += 30_000
    say('a', 'a1')
    now += 59_999
    forest.sweep(now)
    expect(consumer.take()).toEqual([])
    now += 1
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'a', reason: 'idle', nodes: ['a', 'a1'] }])
  })

  it('of an unpublished root is found by the root id of its events', () => {
    say('nobody', 'a')
    say('nobody', 'b', ['finish'])
    forest.flush()
    expect(consumer.take()).toEqual([{ tree: 'nobody', reason: 'flush', nodes: ['a', 'b'] }])
  })

  it('of an event without a root id is that of its parent, or its own', () => {
    const child = new Event('lock', 'child', [1, 0])
    child.rootId = ''
    child.parentId = 'parent'
    const alone = new Event('lock', 'alone', [1, 0])
    alone.rootId = ''
    forest.add(child, 0, undefined, now)
    forest.add(alone, 0, undefined, now)
    forest.flush()
    expect(consumer.take().map((each) => each.tree)).toEqual(['parent', 'alone'])
  })
})

describe('a publication', () => {
  it('that says nothing new is told apart', () => {
    expect(say('a', 'a', ['one'])).toBe(true)
    expect(say('a', 'a', ['one'])).toBe(false)
    expect(say('a', 'a', ['one', 'two'])).toBe(true)
    expect(say('a', 'a', ['one'])).toBe(false)
    expect(forest.retainedEvents).toBe(1)
    forest.flush()
    expect(say('a', 'a', ['one', 'two'])).toBe(false)
  })

  it('keeps the most actions, whichever came first', () => {
    say('a', 'a', ['one', 'two', 'three'])
    say('a', 'a', ['one'])
    expect([...forest.open()][0]?.nodes.get('a')?.actionCount).toBe(3)
  })

  it('counts the actions there were, not those that were added since', () => {
    const event = new Event('lock', 'a', [1, 0])
    event.actions.push(new Action('one', [1, 0]), new Action('finish', [2, 0]))
    forest.add(event, 1, undefined, now)
    expect([...forest.open()][0]?.finished).toBe(false)
    expect(forest.add(event, 2, undefined, now)).toBe(true)
    expect([...forest.open()][0]?.finished).toBe(true)
  })
})

describe('after its operation a tree', () => {
  beforeEach(() => {
    grow({ settle: 0 })
    say('a', 'a', ['begin'], 100)
    say('a', 'f', ['finish'], 101)
    forest.sweep(now)
    consumer.take()
  })

  it('is remembered, and hands its renewals over as they end', () => {
    expect(forest.rememberedTrees).toBe(1)
    say('a', 'r1', ['refresh'], 130)
    forest.sweep(now)
    expect(consumer.take()).toEqual([])
    say('a', 'r2', ['renewed'], 131)
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'a', reason: 'segment', nodes: ['r1', 'r2'] }])
    expect(forest.openTrees).toBe(0)
  })

  it('lets the lines of a renewal settle, but not for ever', () => {
    grow()
    say('b', 'b', ['begin', 'finish'], 100)
    now += 250
    forest.sweep(now)
    consumer.take()
    say('b', 'r1', ['renewed'], 131)
    now += 200
    say('b', 'r2', ['refresh'], 130)
    now += 249
    forest.sweep(now)
    expect(consumer.take()).toEqual([])
    now += 1
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'b', reason: 'segment', nodes: ['r1', 'r2'] }])
    for (let i = 0; i < 10; i++) {
      say('b', `s${i}`, ['renewed'], 140 + i)
      forest.sweep(now)
      now += 100
    }
    expect(consumer.take().map((each) => each.nodes)).toEqual([['s0', 's1', 's2', 's3', 's4', 's5']])
  })

  it('hands over what came without an end when it falls silent', () => {
    say('a', 'r1', ['refresh'], 130)
    now += 60_000
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'a', reason: 'idle', nodes: ['r1'] }])
  })

  it('hands over a watch dog that was told to stop after a second of silence', () => {
    say('a', 'stop', ['stop'], 130)
    now += 999
    forest.sweep(now)
    expect(consumer.take()).toEqual([])
    now += 1
    forest.sweep(now)
    expect(consumer.take().map((each) => each.nodes)).toEqual([['stop']])
  })

  it('hands over an event of it that is published again with more actions', () => {
    say('a', 'a', ['begin', 'more', 'renewed'], 100)
    forest.sweep(now)
    expect(consumer.take()).toEqual([{ tree: 'a', reason: 'segment', nodes: ['a'] }])
  })

  it('knows a line that is repeated much later', () => {
    expect(say('a', 'f', ['finish'], 101)).toBe(false)
    forest.flush()
    expect(consumer.take().flatMap((each) => each.nodes)).toEqual([])
  })
})

describe('everything', () => {
  it('is handed over by a flush: what ended first, then what never ended', () => {
    say('late', 'late', ['begin'], 100)
    say('late', 'l', ['finish'], 300)
    say('never', 'never', ['begin'], 50)
    say('early', 'early', ['begin'], 120)
    say('early', 'e', ['finish'], 130)
    forest.flush()
    expect(consumer.take().map((each) => each.tree)).toEqual(['early', 'late', 'never'])
    expect(forest.openTrees).toBe(0)
  })
})

describe('the bound of', () => {
  it('open trees hands over the one that was silent longest, and counts it', () => {
    grow({ limits: { openTrees: 2 } })
    say('a', 'a')
    now += 10
    say('b', 'b')
    now += 10
    say('a', 'a1')
    now += 10
    say('c', 'c')
    expect(forest.openTrees).toBe(2)
    expect(consumer.take().map(({ reason }) => reason)).toEqual(['limit'])
    expect(consumer.limits).toEqual({ openTrees: 1 })
  })

  it('open trees costs a tree that is over nothing but its settle window, which is no loss', () => {
    grow({ limits: { openTrees: 2 } })
    say('a', 'a')
    say('b', 'b', ['finish'])
    say('c', 'c')
    expect(consumer.take()).toEqual([{ tree: 'b', reason: 'over', nodes: ['b'] }])
    expect(consumer.limits).toEqual({})
  })

  it('events held for all trees holds, whatever comes', () => {
    grow({ limits: { retainedEvents: 10 } })
    for (let i = 0; i < 100; i++) {
      say(`t${i % 7}`, `e${i}`)
      expect(forest.retainedEvents).toBeLessThanOrEqual(11)
    }
    expect(consumer.limits['retainedEvents']).toBeGreaterThan(0)
    forest.flush()
    expect(consumer.ready.flatMap((each) => each.nodes)).toHaveLength(100)
  })

  it('events of a tree sums up its middle, each event once', () => {
    grow({ limits: { eventsPerTree: 20 } })
    say('a', 'a')
    for (let i = 0; i < 1000; i++) say('a', `e${i}`, ['again'], 100 + i)
    expect(forest.retainedEvents).toBeLessThanOrEqual(21)
    forest.flush()
    const kept = consumer.take()[0]?.nodes ?? []
    expect(kept).toContain('a')
    expect(kept).toContain('e0')
    expect(kept).toContain('e999')
    expect([...kept, ...consumer.condensed].sort()).toEqual(
      ['a', ...Array.from({ length: 1000 }, (_, i) => `e${i}`)].sort(),
    )
    expect(consumer.limits['eventsPerTree']).toBe(consumer.condensed.length)
  })

  it('remembered trees forgets the oldest first, those still in use last', () => {
    grow({ settle: 0, limits: { rememberedTrees: 2 } })
    for (const id of ['a', 'b', 'c', 'd']) {
      say(id, id, ['finish'])
      const [tree] = forest.open()
      if (tree !== undefined) tree.pinned = id === 'a'
      forest.sweep(now)
    }
    expect(forest.rememberedTrees).toBe(2)
    expect(consumer.forgotten).toEqual(['b', 'c'])
    expect(say('a', 'a', ['finish'])).toBe(false)
    expect(say('b', 'b', ['finish'])).toBe(true)
  })
})

describe('on a clock that stands still', () => {
  /** Publications of other trees, each over at once. */
  const others = (count: number, second: number): void => {
    for (let i = 0; i < count; i++) say(`other-${second}-${i}`, `other-${second}-${i}`, ['finish'], second)
  }

  it('lets go of a tree that the time of the events has left behind', () => {
    grow({ idleTimeout: 60_000, limits: { settlingEvents: 100 } })
    say('a', 'a', ['begin'], 100)
    others(9000, 200)
    expect(consumer.take().filter(({ reason }) => reason === 'idle')).toEqual([
      { tree: 'a', reason: 'idle', nodes: ['a'] },
    ])
  })

  it('keeps it while fewer events came since than may come late', () => {
    grow({ idleTimeout: 60_000, limits: { settlingEvents: 20_000 } })
    say('a', 'a', ['begin'], 100)
    others(9000, 200)
    expect(consumer.take().filter(({ reason }) => reason === 'idle')).toEqual([])
  })

  it('keeps it while it is silent for less than the idle timeout', () => {
    grow({ idleTimeout: 60_000, limits: { settlingEvents: 100 } })
    say('a', 'a', ['begin'], 100)
    others(9000, 159)
    expect(consumer.take().filter(({ reason }) => reason === 'idle')).toEqual([])
  })
})
