import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifestOf, npm, type Packed, pack, ROOT } from './support/pack.js'
import { BINDINGS, CONTENDED_LOCK, USE_OF_EACH, USE_OF_TYPES } from './support/programs.js'
import { Project } from './support/project.js'

const BYTES_OF_LIBRARY = 150_000

let folder: string
let library: Packed
let bridge: Packed
let app: Project

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'storage-lock-otel-package-'))
  library = pack('.', join(folder, 'packed'))
  bridge = pack('bridge', join(folder, 'packed'))
  app = new Project(join(folder, 'app'))
  const { version } = manifestOf('node_modules/@opentelemetry/sdk-trace-base')
  const sdk = `@opentelemetry/sdk-trace-base@${version}`
  npm(['install', '--prefer-offline', library.file, '@opentelemetry/api@1.9', sdk], app.folder)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the tarballs', () => {
  it('are small', () => {
    console.log(`${library.name}: ${(library.size / 1000).toFixed(1)} kB, ${library.paths.length} files`)
    console.log(`${bridge.name}: ${(bridge.size / 1000).toFixed(1)} kB, ${bridge.paths.length} files`)
    expect(library.size).toBeLessThan(BYTES_OF_LIBRARY)
  })

  it('hold what is needed and nothing else', () => {
    const allowed = [
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
      /^dist\/(esm|cjs)\/[\w/-]+(\.js|\.d\.ts)$/,
      /^dist\/cjs\/package\.json$/,
      /^dashboards\/(README\.md|grafana\/[\w-]+\.json|prometheus\/[\w.-]+\.yml)$/,
    ]
    expect(library.paths.filter((path) => !allowed.some((form) => form.test(path)))).toEqual([])
    for (const path of library.paths.filter((each) => each.endsWith('.js'))) {
      const source = path.replace(/^dist\/(esm|cjs)/, 'src').replace(/\.js$/, '.ts')
      expect(() => readFileSync(join(ROOT, source)), `${path} has no source`).not.toThrow()
    }
    const ofBridge = /^(package\.json|README\.md|LICENSE|dist\/[\w/-]+\.(js|html))$/
    expect(bridge.paths.filter((path) => !ofBridge.test(path))).toEqual([])
    for (const { paths } of [library, bridge]) {
      expect(paths).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']))
    }
  })

  it('have every file that an entry point names', () => {
    const named = JSON.stringify(manifestOf('.').exports).match(/\.\/[\w./-]+\.\w+/g) ?? []
    expect(named.length).toBeGreaterThan(20)
    for (const path of named) expect(library.paths).toContain(path.slice(2))
  })

  it('depend on each other by version', () => {
    expect(manifestOf('.').dependencies).toBeUndefined()
    expect(manifestOf('bridge').dependencies?.['storage-lock-otel']).toBe(`^${manifestOf('.').version}`)
  })
})

describe('the linters of packages', () => {
  it('find nothing: publint', async () => {
    for (const { file } of [library, bridge]) {
      const tarball = readFileSync(file)
      const { messages, pkg } = await publint({
        pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length) },
        strict: true,
      })
      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
    }
  })

  it('find nothing: attw', () => {
    const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const { status, stdout } = app.run([attw, library.file, '--no-emoji', '--no-color'])
    expect(status, stdout).toBe(0)
    expect(stdout).toMatch(/No problems found/)
  })
})

describe('installed, the library', () => {
  it('works as ESM', () => {
    const imports = BINDINGS.map(({ entry, name }) => `import { ${name} } from 'storage-lock-otel/${entry}'`)
    app.write(
      'app.mjs',
      `import * as library from 'storage-lock-otel'\n${imports.join('\n')}\n${USE_OF_EACH}`,
    )
    expect(app.run(['app.mjs'])).toMatchObject({ status: 0, stdout: 'works\n', stderr: '' })
  })

  it('works as CommonJS', () => {
    const requires = BINDINGS.map(
      ({ entry, name }) => `const { ${name} } = require('storage-lock-otel/${entry}')`,
    )
    app.write(
      'app.cjs',
      `const library = require('storage-lock-otel')\n${requires.join('\n')}\n${USE_OF_EACH}`,
    )
    expect(app.run(['app.cjs'])).toMatchObject({ status: 0, stdout: 'works\n', stderr: '' })
  })

  it('exports the same names from both copies, and Node finds them in the CommonJS one', () => {
    app.write(
      'names.mjs',
      `import { createRequire } from 'node:module'
       const require = createRequire(import.meta.url)
       const names = (module) => Object.keys(module).filter((name) => !/^(default|module\\.exports)$/.test(name))
       for (const entry of ${JSON.stringify(['', ...BINDINGS.map(({ entry }) => `/${entry}`)])}) {
         const name = 'storage-lock-otel' + entry
         const [esm, cjs] = [await import(name), await import(require.resolve(name))].map((each) => names(each).sort().join())
         if (esm === '' || esm !== cjs) throw new Error(name + ' has ' + esm + ' and ' + cjs)
       }
       console.log('works')`,
    )
    expect(app.run(['names.mjs'])).toMatchObject({ status: 0, stdout: 'works\n', stderr: '' })
  })

  it.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['node16', { module: 'node16', moduleResolution: 'node16' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('has types, as ESM and CommonJS: %s', (name, options) => {
    const imports = BINDINGS.map((each) => `import { ${each.name} } from 'storage-lock-otel/${each.entry}'`)
    const text = `${imports.join('\n')}\n${USE_OF_TYPES}`
    app.write(`${name}.mts`, text)
    app.write(`${name}.cts`, text)
    expect(app.complaints(options, [`${name}.mts`, `${name}.cts`])).toBe('')
    app.write(`${name}-wrong.mts`, `import { OtelListener } from 'storage-lock-otel'\nnew OtelListener(1)`)
    expect(app.complaints(options, [`${name}-wrong.mts`])).toMatch(/TS2/)
  })

  it('hands out ids whichever copy the generator is of: ESM and CommonJS share them', () => {
    app.write(
      'both.mjs',
      `import { createRequire } from 'node:module'
       import * as esm from 'storage-lock-otel'
       const require = createRequire(import.meta.url)
       const cjs = require('storage-lock-otel')
       const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } =
         require('@opentelemetry/sdk-trace-base')
       if (esm.OtelListener === cjs.OtelListener) throw new Error('these are not two copies')
       const ids = []
       for (const [listening, generating] of [[esm, cjs], [cjs, esm]]) {
         const exporter = new InMemorySpanExporter()
         const tracerProvider = new BasicTracerProvider({
           idGenerator: new generating.EventIdGenerator(),
           spanProcessors: [new SimpleSpanProcessor(exporter)],
         })
         const listener = new listening.OtelListener({ tracerProvider })
         ${CONTENDED_LOCK('generating', 'listener')}
         await listener.forceFlush()
         const traces = exporter.getFinishedSpans().map((span) => span.spanContext().traceId)
         if (traces.length === 0) throw new Error('no spans')
         for (const id of traces) if (id !== generating.traceIdOf(lock.id)) throw new Error(id)
       }
       console.log('works')`,
    )
    expect(app.run(['both.mjs'])).toMatchObject({ status: 0, stdout: 'works\n', stderr: '' })
  })
})

describe('bundled by esbuild', () => {
  const bundle = async (text: string, format: 'esm' | 'cjs'): Promise<{ file: string; meta: Metafile }> => {
    const entry = app.write(`entry-${format}.mjs`, text)
    const outfile = join(app.folder, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`)
    const { metafile } = await build({
      entryPoints: [entry],
      outfile,
      format,
      bundle: true,
      platform: 'node',
      metafile: true,
      logLevel: 'error',
    })
    return { file: outfile, meta: metafile }
  }
  /** Bytes that each file gives to the bundle; those that give none are left out. */
  const partsOf = (meta: Metafile): [string, number][] =>
    Object.values(meta.outputs)
      .flatMap((output) => Object.entries(output.inputs))
      .map(([path, { bytesInOutput }]): [string, number] => [path, bytesInOutput])
      .filter(([, bytes]) => bytes > 0)

  it.each(['esm', 'cjs'] as const)('works: %s', async (format) => {
    const { file } = await bundle(`import * as library from 'storage-lock-otel'\n${USE_OF_EACH}`, format)
    expect(app.run([file])).toMatchObject({ status: 0, stdout: 'works\n', stderr: '' })
  })

  it('is left out but for the event model where only that is imported', async () => {
    const { file, meta } = await bundle(
      `import { Event, eventFromJson } from 'storage-lock-otel'
       console.log(eventFromJson(new Event('order-42').toJson()).lockId)`,
      'esm',
    )
    expect(app.run([file]).stdout).toBe('order-42\n')
    const parts = partsOf(meta)
    const ours = parts.filter(([path]) => path.includes('/storage-lock-otel/'))
    expect(ours.length).toBeGreaterThan(5)
    expect(ours.filter(([path]) => !path.includes('/dist/esm/events/'))).toEqual([])
  })

  it('brings nothing of OpenTelemetry there', async () => {
    const { meta } = await bundle(
      `import { Event } from 'storage-lock-otel'\nconsole.log(new Event('order-42').toJson())`,
      'esm',
    )
    expect(partsOf(meta).filter(([path]) => path.includes('/@opentelemetry/'))).toEqual([])
  })
})

describe('the bridge, installed from the two tarballs', () => {
  it('has all it needs', () => {
    const operator = new Project(join(folder, 'operator'))
    npm(['install', '--prefer-offline', library.file, bridge.file], operator.folder)
    const command = join(operator.folder, 'node_modules/.bin/storage-lock-otel-bridge')
    expect(operator.run(['--version'], { program: command })).toMatchObject({ status: 0 })
    const stream = join(ROOT, 'test/fixtures/streams/head/contention.ndjson')
    const input = `${readFileSync(stream, 'utf8')}not an event\n`
    const ran = operator.run(['--print'], { program: command, input })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stdout).toBe('not an event\n')
    expect(ran.stderr).toContain('StorageLock.Lock')
  })
})
