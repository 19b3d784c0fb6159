// CommonJS out of the compiler's ES modules, statement by statement. The compiler's own CommonJS looks up every
// imported name anew where it is used; here the text of both copies is the same but for how they begin and end,
// so that the second one adds little to the tarball, and runs as the first one does.

/** `a, b as c` as pairs of the name outside and the name inside. */
const namesIn = (list) =>
  list
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => each.split(' as '))

/**
 * The module as CommonJS. Imports become constants, so a module must not be imported by what it imports.
 *
 * @param text what the compiler wrote: each import and export begins a line
 * @throws Error where a statement has a form that no module of this project has
 */
export function toCommonJs(text) {
  const exported = []
  const required = (list, from) =>
    `const { ${namesIn(list)
      .map(([outside, inside = outside]) => (inside === outside ? inside : `${outside}: ${inside}`))
      .join(', ')} } = require('${from}');`
  const code = text
    .replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, list, from) => required(list, from))
    .replace(/^import \* as (\w+) from '([^']+)';$/gm, "const $1 = require('$2');")
    .replace(/^import (\w+) from '(node:[^']+)';$/gm, "const $1 = require('$2');")
    .replace(/^export \{([^}]*)\} from '([^']+)';$/gm, (_, list, from) => {
      exported.push(...namesIn(list).map(([name, as = name]) => as))
      return required(list, from)
    })
    .replace(/^export \{\};$/gm, '')
    .replace(/^export ((?:const|class|(?:async )?function\*?) ([\w$]+))/gm, (_, declaration, name) => {
      exported.push(name)
      return declaration
    })
  const left = /^(?:import|export)\b.*|\bimport\(.*|\bimport\.meta.*/m.exec(code)
  if (left !== null) throw new Error(`this is not made CommonJS: ${left[0]}`)
  return `'use strict';\n${code}\nmodule.exports = { ${exported.join(', ')} };\n`
}
