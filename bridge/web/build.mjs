// Bundles the contention page into one HTML file with places for its settings and facts.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const bundle = async (entry) => {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022'],
    charset: 'utf8',
    legalComments: 'none',
  })
  return outputFiles[0].text.trim()
}

// Inline text must not end its element early.
const script = (await bundle('main.ts')).replaceAll('</script', '<\\/script')
const style = await bundle('style.css')
const hash = createHash('sha256').update(script).digest('base64')
// %CONNECT%, %TITLE%, %SETTINGS% and %FACTS% are filled in when a page is made.
const page = `<!doctype html>
<html lang="en">
<head>
<!-- Draws with d3-scale and d3-zoom, copyright Mike Bostock, ISC licence: https://d3js.org -->
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
`
mkdirSync(here('../dist/report'), { recursive: true })
writeFileSync(here('../dist/report/page.html'), page)
