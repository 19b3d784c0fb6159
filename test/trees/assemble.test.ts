import type { HrTime } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { Action, Event } from '../../src/events/index.js'
import { assemble } from '../../src/trees/assemble.js'
import { TreeNode } from '../../src/trees/node.js'
import { Tree } from '../../src/trees/tree.js'

/** An event from one second to another, below `parent`. */
function event(id: string, parent: string, from: number, to = from): Event {
  const made = new Event('lock', id, [from, 0]).setRootId('root')
  made.parentId = parent
  made.endTime = [to, 0]
  return made
}

function plant(events: readonly Event[]): Tree {
  const tree = new Tree('root', undefined, events[0] as Event, [1, 0])
  for (const each of events) {
    const node = new TreeNode(each.id, each, each.actions.length)
    tree.nodes.set(each.id, node)
    tree.pending.push(node)
  }
  return tree
}

/** Each node with its parent's id and its interval in seconds. */
function build(tree: Tree, finish?: number): Record<string, (string | number | undefined)[]> {
  const ordered = assemble(tree, tree.pending, finish === undefined ? undefined : [finish, 0])
  const seen = new Set<string>()
  for (const node of ordered) {
    if (node.parent !== undefined && !node.parent.exported) expect(seen).toContain(node.parent.id)
    expect(seen).not.toContain(node.id)
    seen.add(node.id)
  }
  return Object.fromEntries(ordered.map((node) => [node.id, [node.parent?.id, node.from?.[0], node.to?.[0]]]))
}

describe('assemble', () => {
  it('hangs each event from its parent, and stretches the parents over their children', () => {
    const tree = plant([
      event('root', '', 10),
      event('a', 'root', 12, 13),
      event('b', 'a', 11, 20),
      event('c', 'root', 9, 14),
    ])
    expect(build(tree)).toEqual({
      root: [undefined, 9, 20],
      a: ['root', 11, 20],
      b: ['a', 11, 20],
      c: ['root', 9, 14],
    })
  })

  it('covers the actions of an event, which may begin before it', () => {
    const root = event('root', '', 10, 11)
    root.actions.push(
      new Action('early', [8, 0]),
      Object.assign(new Action('long', [9, 0]), { endTime: [15, 0] }),
    )
    expect(build(plant([root]))).toEqual({ root: [undefined, 8, 15] })
  })

  it('makes an event of each unpublished parent, below the root where nothing else is known', () => {
    const tree = plant([event('root', '', 10), event('a', 'gone', 12, 13), event('b', 'gone', 14, 15)])
    expect(build(tree)).toEqual({
      root: [undefined, 10, 15],
      gone: ['root', 12, 15],
      a: ['gone', 12, 13],
      b: ['gone', 14, 15],
    })
    expect(tree.nodes.get('gone')?.published).toBe(false)
  })

  it('makes an event of an unpublished root', () => {
    expect(build(plant([event('a', 'root', 12, 13), event('b', '', 14, 15)]))).toEqual({
      root: [undefined, 12, 15],
      a: ['root', 12, 13],
      b: ['root', 14, 15],
    })
  })

  it('hangs unpublished parents from the parents that the process knows', () => {
    const a = event('a', 'root', 11)
    const gone = event('gone', 'goner', 12)
    const goner = event('goner', 'a', 12)
    gone.parent = goner
    goner.parent = a
    const leaf = event('leaf', 'gone', 13)
    leaf.parent = gone
    expect(build(plant([event('root', '', 10), a, leaf]))).toEqual({
      root: [undefined, 10, 13],
      a: ['root', 11, 13],
      goner: ['a', 13, 13],
      gone: ['goner', 13, 13],
      leaf: ['gone', 13, 13],
    })
  })

  it('takes the parent of the process where the id of it is missing', () => {
    const parent = event('a', 'root', 11)
    const child = event('b', '', 12)
    child.parent = parent
    expect(build(plant([event('root', '', 10), parent, child]))['b']).toEqual(['a', 12, 12])
  })

  it('cuts a circle of parents at the event that began first', () => {
    const tree = plant([event('root', '', 10), event('a', 'c', 13), event('b', 'a', 12), event('c', 'b', 14)])
    expect(build(tree)).toEqual({
      root: [undefined, 10, 14],
      b: ['root', 12, 14],
      c: ['b', 13, 14],
      a: ['c', 13, 13],
    })
  })

  it('hangs an event that is its own parent, and a root that has one, where they belong', () => {
    const tree = plant([event('root', 'a', 10), event('a', 'a', 11)])
    expect(build(tree)).toEqual({ root: [undefined, 10, 11], a: ['root', 11, 11] })
  })

  it('stretches nothing of the operation over what began after its Finish', () => {
    const create = event('create', 'root', 12)
    create.actions.push(new Action('made', [12, 0]), new Action('looked', [40, 0]))
    const tree = plant([
      event('root', '', 10, 11),
      create,
      event('finish', 'root', 20),
      event('renewal', 'create', 40, 42),
      event('call', 'renewal', 39, 45),
    ])
    expect(build(tree, 20)).toEqual({
      root: [undefined, 10, 20],
      create: ['root', 12, 12],
      finish: ['root', 20, 20],
      renewal: ['create', 39, 45],
      call: ['renewal', 39, 45],
    })
    expect(tree.nodes.get('renewal')?.after).toBe(true)
    expect(tree.nodes.get('create')?.after).toBe(false)
  })

  it('gives an unpublished event the interval of the work after the Finish where it has nothing else', () => {
    const tree = plant([event('root', '', 10), event('dog', 'kennel', 30, 31)])
    expect(build(tree, 20)['kennel']).toEqual(['root', 30, 31])
    expect(tree.nodes.get('kennel')?.after).toBe(true)
  })

  it('never lets an event end before it began', () => {
    expect(build(plant([event('root', '', 10, 5)]))).toEqual({ root: [undefined, 10, 10] })
  })

  it.each<[string, HrTime | undefined]>([
    ['no start', undefined],
    ['Go’s zero time', [-62_135_596_800, 0]],
    ['a start that is not normalised', [5, 2e9]],
    ['a start that is not a number', [Number.NaN, 0]],
  ])('does without: %s', (_, start) => {
    const child = event('a', 'root', 12, 13)
    child.startTime = start
    expect(build(plant([event('root', '', 10), child]))['a']).toEqual(['root', 13, 13])
  })

  it('leaves what is exported already as it is', () => {
    const tree = plant([event('root', '', 10, 20), event('a', 'root', 12)])
    build(tree)
    for (const node of tree.pending) node.exported = true
    const late = event('late', 'a', 30, 31)
    const node = new TreeNode('late', late, 0)
    tree.nodes.set('late', node)
    tree.pending = [node]
    expect(build(tree)).toEqual({ late: ['a', 30, 31] })
    expect(tree.nodes.get('a')?.to).toEqual([12, 0])
  })

  it('takes a hundred thousand events in a chain', () => {
    const events = [event('root', '', 10)]
    for (let i = 0; i < 100_000; i++) events.push(event(`e${i}`, i === 0 ? 'root' : `e${i - 1}`, 11 + i))
    const tree = plant(events)
    const ordered = assemble(tree, tree.pending, undefined)
    expect(ordered).toHaveLength(100_001)
    expect(tree.nodes.get('root')?.to).toEqual([100_010, 0])
  })
})
