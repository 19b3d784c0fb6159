import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const SOURCE = fileURLToPath(new URL('../src', import.meta.url))
/** Data flows from left to right; nothing imports from the right of itself. */
const FLOW = ['events', 'trees', 'operations', 'otel']

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

function importsOf(file: string): { specifier: string; typeOnly: boolean }[] {
  const text = readFileSync(join(SOURCE, file), 'utf8')
  return [...text.matchAll(/^(?:import|export)(\s+type)?\s[^'"]*?from\s+'([^']+)'/gms)].map((match) => ({
    typeOnly: match[1] !== undefined,
    specifier: match[2] as string,
  }))
}

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] as string) : ''
}

describe('the one-way flow events → trees → operations → otel', () => {
  test.each(files)('%s imports nothing from the right of itself', (file) => {
    const own = folderOf(file)
    const place = FLOW.indexOf(own)
    for (const { specifier } of importsOf(file)) {
      if (!specifier.startsWith('.')) continue
      const target = folderOf(relative(SOURCE, resolve(SOURCE, dirname(file), specifier)))
      if (place >= 0) {
        expect([...FLOW.slice(0, place + 1), ''], `${file} imports ${specifier}`).toContain(target)
      }
      if (own === 'bindings') expect(['events', 'bindings'], `${file} imports ${specifier}`).toContain(target)
      if (own !== 'bindings') expect(target, `${file} imports ${specifier}`).not.toBe('bindings')
    }
  })

  test.each(files)('%s needs nothing at run time but the OpenTelemetry API', (file) => {
    for (const { specifier, typeOnly } of importsOf(file)) {
      if (specifier.startsWith('.') || typeOnly || specifier.startsWith('node:')) continue
      expect(specifier, `${file}`).toBe('@opentelemetry/api')
    }
  })

  test('no file imports itself by way of others: the CommonJS copy could not be loaded', () => {
    const checked = new Set<string>()
    const visit = (file: string, way: readonly string[]): void => {
      expect(way, [...way, file].join(' → ')).not.toContain(file)
      if (checked.has(file)) return
      for (const { specifier, typeOnly } of importsOf(file)) {
        if (typeOnly || !specifier.startsWith('.')) continue
        const target = relative(SOURCE, resolve(SOURCE, dirname(file), specifier))
        visit(target.replace(/\.js$/, '.ts'), [...way, file])
      }
      checked.add(file)
    }
    for (const file of files) visit(file, [])
  })

  test('events and trees need nothing of OpenTelemetry at run time', () => {
    for (const file of files.filter((each) => ['events', 'trees'].includes(folderOf(each)))) {
      for (const { specifier, typeOnly } of importsOf(file)) {
        expect(specifier === '@opentelemetry/api' && !typeOnly, file).toBe(false)
      }
    }
  })
})
