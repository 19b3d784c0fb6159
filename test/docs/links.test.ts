import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, ROOT } from './support/blocks.js'

/** A page without its blocks of code. */
const proseOf = (page: string): string =>
  readFileSync(join(ROOT, page), 'utf8').replace(/^ *```[\s\S]*?^ *```$/gm, '')

/** The anchors that a page's headings have, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of proseOf(page).matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    let name = anchor
    for (let i = 1; anchors.has(name); i++) name = `${anchor}-${i}`
    anchors.add(name)
  }
  return anchors
}

describe.each(pages())('%s', (page) => {
  it('links to what there is', () => {
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path))
      expect(existsSync(join(ROOT, file)), `${target} is no file`).toBe(true)
      if (anchor !== undefined && file.endsWith('.md')) {
        expect([...anchorsOf(file)], `${target} is no heading`).toContain(anchor)
      }
    }
  })
})

it('is found from the README, each page of docs', () => {
  const reached = new Set(['README.md'])
  for (const page of reached) {
    for (const [, path = ''] of proseOf(page).matchAll(/\]\(([^)#\s:]+\.md)/g)) {
      const file = relative(ROOT, join(ROOT, dirname(page), path))
      if (existsSync(join(ROOT, file))) reached.add(file)
    }
  }
  expect(pages().filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([])
})
