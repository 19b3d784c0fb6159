// What is left to do after the compiler: removes whatever no user can reach (what no entry point imports, output
// without a source), makes the second copy, which is CommonJS, and takes out of the code what only its readers
// need (names stay, so stack traces can be read).
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { toCommonJs } from './common-js.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [esm, cjs] = [join(root, 'dist/esm'), join(root, 'dist/cjs')]
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** Files that a program sees which imports any entry point: the code, or the declarations. */
function reachable(condition, extension) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const found = new Set()
  const visit = (file) => {
    if (found.has(file)) return
    found.add(file)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)) {
      visit(join(dirname(file), `${path}${extension}`))
    }
  }
  for (const entry of Object.values(exports)) {
    if (typeof entry === 'object') visit(join(root, entry.import[condition]))
  }
  return found
}

const shorter = (code) => transformSync(code, { minifyWhitespace: true, minifySyntax: true }).code

const wanted = new Set([...reachable('default', '.js'), ...reachable('types', '.d.ts')])
rmSync(cjs, { recursive: true, force: true })
for (const file of filesIn(esm)) {
  if (!wanted.has(file)) {
    rmSync(file)
    continue
  }
  const copy = join(cjs, relative(esm, file))
  mkdirSync(dirname(copy), { recursive: true })
  if (file.endsWith('.d.ts')) copyFileSync(file, copy)
  else {
    const code = readFileSync(file, 'utf8')
    writeFileSync(copy, shorter(toCommonJs(code)))
    writeFileSync(file, shorter(code))
  }
}
writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
