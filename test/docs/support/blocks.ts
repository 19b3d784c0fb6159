import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's own folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** A block of code in a page of the documentation. */
export interface Block {
  /** The page's path in the project. */
  readonly page: string
  /** The line of the page on which the code begins, counted from 1. */
  readonly line: number
  /** What stands behind the opening fence; empty for nothing. */
  readonly language: string
  readonly code: string
}

/** The pages whose code is tested. */
export function pages(): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => `${folder}/${entry.name}`)
  const examples = readdirSync(join(ROOT, 'examples')).flatMap((name) => inFolder(`examples/${name}`))
  return ['README.md', 'CONTRIBUTING.md', 'bridge/README.md', 'dashboards/README.md', 'e2e/README.md']
    .concat(inFolder('docs'))
    .concat(examples)
}

/** All blocks of code, in the languages given, or in all. */
export function blocks(...languages: string[]): Block[] {
  return pages()
    .flatMap(blocksOf)
    .filter((block) => languages.length === 0 || languages.includes(block.language))
}

function blocksOf(page: string): Block[] {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n')
  const found: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const fence = /^( *)```(\w*)\s*$/.exec(lines[i] ?? '')
    if (fence === null) continue
    const [, indent = '', language = ''] = fence
    const first = i + 1
    const code: string[] = []
    for (i = first; i < lines.length && lines[i] !== `${indent}\`\`\``; i++)
      code.push((lines[i] ?? '').slice(indent.length))
    found.push({ page, line: first + 1, language, code: code.join('\n') })
  }
  return found
}
