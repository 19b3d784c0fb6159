// Bundles the contention page into one HTML file with places for its settings and facts.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const bundle = async (entry) => {
  const { outputFiles, metafile } = await build({
    metafile: true,
    entryPoints: [here(entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022'],
    charset: 'utf8',
    legalComments: 'none',
  })
  return { text: outputFiles[0].text.trim(), inputs: Object.keys(metafile.inputs) }
}

/** The licences of the packages that files come from, each text once, in a form that fits into a comment. */
const licencesOf = (files) => {
  const texts = new Map()
  for (const folder of new Set(
    files.map((file) => /^.*node_modules\/[^/]+/.exec(file)?.[0]).filter(Boolean),
  )) {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
    if (file === undefined) throw new Error(`${folder} has no licence to go with it`)
    const text = readFileSync(join(folder, file), 'utf8').trim()
    texts.set(text, [...(texts.get(text) ?? []), folder.slice(dirname(folder).length + 1)])
  }
  return [...texts]
    .map(([text, names]) => `${names.join(', ')}\n\n${text}`)
    .join('\n\n')
    .replace(/--+/g, '-')
}

// Inline text must not end its element early.
const client = await bundle('main.ts')
const script = client.text.replaceAll('</script', '<\\/script')
const { text: style } = await bundle('style.css')
const hash = createHash('sha256').update(script).digest('base64')
// %CONNECT%, %TITLE%, %SETTINGS% and %FACTS% are filled in when a page is made.
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%CONNECT%; script-src 'sha256-${hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%TITLE%</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="page"><noscript><p>This page draws itself with JavaScript; please allow it for this page.</p></noscript></div>
<script type="application/json" id="settings">%SETTINGS%</script>
<script type="application/json" id="facts">%FACTS%</script>
<script>${script}</script>
</body>
</html>
<!--
With parts of these libraries:

${licencesOf(client.inputs)}
-->
`
mkdirSync(here('../dist/report'), { recursive: true })
writeFileSync(here('../dist/report/page.html'), page)
