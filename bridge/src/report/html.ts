import { existsSync, readFileSync } from 'node:fs'
import type { ContentionFacts } from 'storage-lock-otel'
import { encodeFacts } from './encode.js'
import { traceUrlProblem } from './trace-url.js'

/** What a page says besides the facts; all may be left out. */
export interface PageOptions {
  /** @default 'Lock contention' */
  readonly title?: string | undefined
  /** Where the events came from, e.g. the names of files. */
  readonly source?: string | undefined
  /** Where a trace is to be seen: an http(s) address with `{traceId}` in it. */
  readonly traceUrl?: string | undefined
}

/** Built beside this file; from the sources it is where the build puts it. */
const PAGE_FILES = ['./page.html', '../../dist/report/page.html']
let template: string | undefined

/**
 * The contention page as one HTML file that needs nothing else: no network, no other file.
 *
 * @param facts of a `ContentionRecorder`
 * @throws TypeError when `traceUrl` is no http(s) address with `{traceId}` in it
 */
export function createReport(facts: ContentionFacts, options: PageOptions = {}): string {
  return page(settingsOf(options), JSON.stringify(encodeFacts(facts)), "default-src 'none'")
}

/** The page that asks the server it came from for the facts. */
export function createLivePage(options: PageOptions = {}): string {
  return page({ ...settingsOf(options), live: true }, 'null', "default-src 'none'; connect-src 'self'")
}

function settingsOf({ title = 'Lock contention', source = '', traceUrl }: PageOptions): object {
  const problem = traceUrl === undefined ? undefined : traceUrlProblem(traceUrl)
  if (problem !== undefined) throw new TypeError(`traceUrl: ${problem}, got ${String(traceUrl)}`)
  return { title, source, ...(traceUrl === undefined ? {} : { traceUrl }) }
}

function page(settings: object, facts: string, policy: string): string {
  template ??= readTemplate()
  const title = (settings as { title: string }).title
  const rules = `${policy}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`
  // One pass, so that nothing in the facts can be taken for a place to fill in.
  return template.replace(/%(CONNECT|TITLE|SETTINGS|FACTS)%/g, (_, name: string) => {
    if (name === 'CONNECT') return rules
    if (name === 'TITLE') return escapeText(title)
    return escapeJson(name === 'FACTS' ? facts : JSON.stringify(settings))
  })
}

function readTemplate(): string {
  for (const file of PAGE_FILES) {
    const url = new URL(file, import.meta.url)
    if (existsSync(url)) return readFileSync(url, 'utf8')
  }
  throw new Error('the contention page is not built: run npm run build')
}

/** JSON within a script element: nothing in it can end the element or begin a comment. */
function escapeJson(json: string): string {
  return json.replaceAll('<', '\\u003c')
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
