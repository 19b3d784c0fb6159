import { describe, expect, it } from 'vitest'
import { Event } from '../../src/events/index.js'
import { assemble } from '../../src/trees/assemble.js'
import { condense } from '../../src/trees/condense.js'
import { TreeNode } from '../../src/trees/node.js'
import { Tree } from '../../src/trees/tree.js'

function plant(count: number, parentOf: (index: number) => string, dogs: (index: number) => boolean): Tree {
  const root = new Event('lock', 'root', [1, 0])
  const tree = new Tree('root', undefined, root, [1, 0])
  const add = (event: Event): void => {
    const node = new TreeNode(event.id, event, 0)
    tree.nodes.set(event.id, node)
    tree.pending.push(node)
  }
  add(root)
  for (let i = 0; i < count; i++) {
    const event = new Event('lock', `e${i}`, [2 + i, 0]).setRootId('root')
    event.parentId = parentOf(i)
    if (dogs(i)) event.watchDogId = 'dog'
    add(event)
  }
  return tree
}

const below = (): string => 'root'
const never = (): boolean => false

describe('condense', () => {
  it('takes a quarter of the bound out of the middle: the beginning and the end stay', () => {
    const tree = plant(100, below, never)
    const dropped: string[] = []
    expect(condense(tree, 40, (node) => dropped.push(node.id))).toBe(10)
    expect(dropped).toEqual(Array.from({ length: 10 }, (_, i) => `e${i + 19}`))
    expect(tree.pending.map((node) => node.id).slice(0, 20)).toEqual([
      'root',
      ...Array.from({ length: 19 }, (_, i) => `e${i}`),
    ])
    expect(tree.condensed).toBe(10)
    expect(tree.nodes.has('e20')).toBe(false)
  })

  it('keeps the root wherever it stands, and the watch dog as long as there is anything else', () => {
    const tree = plant(100, below, (i) => i % 2 === 1)
    const dropped: string[] = []
    condense(tree, 40, (node) => dropped.push(node.id))
    expect(dropped.every((id) => Number(id.slice(1)) % 2 === 0)).toBe(true)
    const dogsAlone = plant(100, below, () => true)
    expect(condense(dogsAlone, 40, () => undefined)).toBe(10)
    expect(dogsAlone.nodes.has('root')).toBe(true)
  })

  it('hangs what hung from a dropped event from the nearest ancestor that stayed', () => {
    // A chain: each below the one before it.
    const tree = plant(30, (i) => (i === 0 ? 'root' : `e${i - 1}`), never)
    condense(tree, 20, () => undefined)
    const gone = Array.from({ length: 30 }, (_, i) => `e${i}`).filter((id) => !tree.nodes.has(id))
    expect(gone).toEqual(['e9', 'e10', 'e11', 'e12', 'e13'])
    const ordered = assemble(tree, tree.pending, undefined)
    expect(ordered).toHaveLength(26)
    expect(tree.nodes.get('e14')?.parent?.id).toBe('e8')
    expect(tree.nodes.get('e15')?.parent?.id).toBe('e14')
  })

  it('does so however often it happens', () => {
    const tree = plant(30, (i) => (i === 0 ? 'root' : `e${i - 1}`), never)
    for (let round = 0; round < 4; round++) condense(tree, 20, () => undefined)
    const ordered = assemble(tree, tree.pending, undefined)
    expect(ordered).toHaveLength(tree.pending.length)
    for (const node of ordered) expect(node.id === 'root' || tree.nodes.has(node.parent?.id ?? '')).toBe(true)
  })
})
