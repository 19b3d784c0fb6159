import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import * as library from '../../src/index.js'
import { ROOT } from './support/blocks.js'
import { complaintsAbout, type Shown } from './support/compile.js'

/** What an example takes from around it. */
const AROUND: Readonly<Record<string, string>> = {
  BatchSpanProcessor: 'import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"',
  began: 'declare const began: import("@opentelemetry/api").HrTime',
  client: 'declare const client: import("ioredis").Redis & import("pg").Client',
  count: 'declare let count: number',
  event: 'declare const event: import("storage-lock-otel").Event',
  exporter: 'declare const exporter: import("@opentelemetry/sdk-trace-base").SpanExporter',
  listener: 'declare const listener: import("storage-lock-otel").OtelListener',
  lock: 'declare const lock: import("storage-lock-otel").Event',
  lockId: 'declare const lockId: string',
  lockfile: 'import lockfile from "proper-lockfile"',
  NodeSDK: 'import { NodeSDK } from "@opentelemetry/sdk-node"',
  redlock: 'declare const redlock: object',
  refresh: 'declare function refresh(): Promise<void>',
  Redlock: 'import Redlock from "redlock"',
  storage: 'declare const storage: { get(lockId: string): Promise<string> }',
}

const REDLOCK_4 =
  'declare const Redlock: new (clients: unknown[]) => { lock(resource: string, ttl: number): Promise<object> }'

interface Example extends Shown {
  /** The name that is declared behind the comment. */
  readonly name: string
}

const bindings = readdirSync(join(ROOT, 'src/bindings')).filter((file) => file.endsWith('.ts'))
const entries = await Promise.all(
  bindings.map(async (file) => {
    const module = (await import(join(ROOT, 'src/bindings', file))) as object
    return { from: `storage-lock-otel/${file.slice(0, -3)}`, names: Object.keys(module) }
  }),
)
const types = [...readFileSync(join(ROOT, 'src/index.ts'), 'utf8').matchAll(/export type \{([^}]*)\}/g)]
  .flatMap(([, list = '']) => list.split(',').map((name) => name.trim()))
  .filter((name) => name !== '')
entries.push({
  from: 'storage-lock-otel',
  names: [...Object.keys(library), ...types],
})

const examples: Example[] = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) => examplesOf(`src/${path}`))

function examplesOf(page: string): Example[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^ *\/\*\*(?:(?!\*\/)[\s\S])*?@example\n((?:(?!\*\/)[\s\S])*)\*\/\n(.*)/gm)].map(
    (match) => {
      const [comment, body = '', declaration = ''] = match
      const before = text.slice(0, match.index + comment.indexOf(body))
      const code = body.replace(/^ *\* ?/gm, '').replace(/^```\w*$/gm, '')
      const name =
        /(?:class|function|const|interface|type) (\w+)/.exec(declaration)?.[1] ?? declaration.trim()
      return { page, line: before.split('\n').length, code, name }
    },
  )
}

/** The example as a module that keeps its lines: what it takes from around stands at its end. */
function moduleOf({ page, line, code }: Example): Shown {
  // As a name of its own: not as a property, not in a string, but where it is spread.
  const uses = (name: string): boolean =>
    new RegExp(`(?<![\\w'])(?<!(?<!\\.\\.)\\.)${name}\\b(?!')`).test(code)
  const declares = (name: string): boolean =>
    new RegExp(`\\b(?:const|let|import|import \\{) ${name}\\b`).test(code)
  const wanted = new Map<string, string>()
  const want = (name: string, text: string): void => {
    if (uses(name) && !declares(name) && !wanted.has(name)) wanted.set(name, text)
  }
  if (uses('wrapRedlock4')) want('Redlock', REDLOCK_4)
  // A binding's own names before those of the others.
  const own = entries.filter(({ from }) => page === `src/bindings/${from.split('/')[1]}.ts`)
  for (const { from, names } of [...own, ...entries]) {
    for (const name of names)
      want(name, `import { ${types.includes(name) ? 'type ' : ''}${name} } from '${from}'`)
  }
  for (const [name, text] of Object.entries(AROUND)) want(name, text)
  return { page, line, code: `${code}\n${[...wanted.values()].join('\n')}` }
}

describe('the reference', () => {
  it('has an example of each name that can be called or read', () => {
    const shown = new Set(examples.map(({ name }) => name))
    const values = [...Object.keys(library), ...entries.slice(0, -1).flatMap(({ names }) => names)]
    expect(values.filter((name) => !shown.has(name))).toEqual([])
  })

  it('shows examples that the compiler takes', () => {
    expect(complaintsAbout(examples.map(moduleOf))).toEqual([])
  })

  it('shows the answers that the examples give', () => {
    let checked = 0
    for (const { page, line, code } of examples) {
      for (const [text, call, answer] of code.matchAll(
        /^(\w+\(.*\S) \/\/ ('.*'|[-[\d].*|true|undefined)$/gm,
      )) {
        const [got, said] = runInNewContext(`[${call}, ${answer}]`, { ...library }) as unknown[]
        expect(got, `${page}:${line} ${text}`).toEqual(said)
        checked += 1
      }
    }
    expect(checked).toBeGreaterThan(10)
  })
})
