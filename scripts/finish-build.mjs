// What is left to do after the compiler: marks the second build's folder as CommonJS, gives it the declarations
// too, takes out of the code what only its readers need (names stay, so stack traces can be read), and removes
// whatever no user can reach: declarations behind no entry point, output without a source.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const [esm, cjs] = [join(root, 'dist/esm'), join(root, 'dist/cjs')]
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** Declarations that a program sees which imports any entry point. */
function reachable() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const found = new Set()
  const visit = (file) => {
    if (found.has(file)) return
    found.add(file)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)) {
      visit(join(dirname(file), `${path}.d.ts`))
    }
  }
  for (const entry of Object.values(exports)) {
    if (typeof entry === 'object') visit(join(root, entry.import.types))
  }
  return found
}

writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
const declarations = reachable()
for (const file of declarations) {
  const copy = join(cjs, file.slice(esm.length))
  mkdirSync(dirname(copy), { recursive: true })
  copyFileSync(file, copy)
}
for (const folder of [esm, cjs]) {
  for (const file of filesIn(folder)) {
    const path = file.slice(folder.length)
    if (path === '/package.json') continue
    const source = join(root, 'src', path.replace(/(\.d\.ts|\.js)$/, '.ts'))
    const wanted = path.endsWith('.d.ts') ? declarations.has(join(esm, path)) : path.endsWith('.js')
    if (!wanted || !existsSync(source)) rmSync(file)
    else if (path.endsWith('.js')) {
      writeFileSync(
        file,
        transformSync(readFileSync(file, 'utf8'), { minifyWhitespace: true, minifySyntax: true }).code,
      )
    }
  }
}
