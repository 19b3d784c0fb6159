import { readFileSync } from 'node:fs'

/** One query of the dashboard, with what is chosen on it filled in. */
export interface PanelQuery {
  readonly row: string
  readonly title: string
  readonly refId: string
  readonly query: string
}

interface Panel {
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[]
}

const everything = (expr: string): string =>
  expr.replaceAll(/"\$(job|storage|lock)"/g, '".*"').replaceAll('$__range', '5m')

/** Every query of every panel, of every annotation and of every choice. */
export function dashboardQueries(): PanelQuery[] {
  const dashboard = JSON.parse(
    readFileSync(new URL('../../dashboards/grafana/storage-lock.json', import.meta.url), 'utf8'),
  ) as {
    panels: Panel[]
    annotations: { list: { name: string; expr: string }[] }
    templating: { list: { name: string; definition?: string }[] }
  }
  const queries: PanelQuery[] = []
  let row = ''
  for (const { type, title, targets = [] } of dashboard.panels) {
    if (type === 'row') row = title
    for (const { refId, expr } of targets) queries.push({ row, title, refId, query: everything(expr) })
  }
  for (const { name, expr } of dashboard.annotations.list) {
    queries.push({ row: 'annotations', title: name, refId: '', query: everything(expr) })
  }
  for (const { name, definition } of dashboard.templating.list) {
    // label_values(selector, label): what has the label.
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '') ?? []
    if (selector === undefined || label === undefined) continue
    queries.push({
      row: 'choices',
      title: name,
      refId: '',
      query: everything(`group by (${label}) (${selector})`),
    })
  }
  return queries
}

/** Every query that stands in a document, in a block of its own language; a line that begins with "/" goes on with one. */
export function documentedQueries(document: string): string[] {
  const text = readFileSync(new URL(`../../docs/${document}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```promql\n([^`]+)^```$/gm)]
    .flatMap(([, block = '']) => block.replaceAll('\n/', ' /').split('\n'))
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.trim().replaceAll('$lock', '.*').replaceAll('lock_name=".*"', 'lock_name=~".*"'))
}
