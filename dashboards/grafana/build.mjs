// Writes storage-lock.json, the dashboard to import into Grafana. Run it after changing a panel, then the formatter;
// with --check it only says whether the file is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { DATASOURCE, LOCKS } from './panels.mjs'
import { contention } from './rows/contention.mjs'
import { holding } from './rows/holding.mjs'
import { listener } from './rows/listener.mjs'
import { now } from './rows/now.mjs'
import { renewals } from './rows/renewals.mjs'
import { storage } from './rows/storage.mjs'
import { waiting } from './rows/waiting.mjs'

const GRID_WIDTH = 24

/** Puts the panels of each row side by side, rows one below the other, and numbers all of them. */
function layOut(rows) {
  const panels = []
  let y = 0
  const add = (panel, gridPos) => panels.push({ id: panels.length + 1, ...panel, gridPos })
  for (const row of rows) {
    add({ type: 'row', title: row.title, collapsed: false, panels: [] }, { x: 0, y, w: GRID_WIDTH, h: 1 })
    y += 1
    let x = 0
    let lineHeight = 0
    for (const panel of row.panels) {
      const { w, h } = panel.gridPos
      if (x + w > GRID_WIDTH) {
        x = 0
        y += lineHeight
        lineHeight = 0
      }
      add(panel, { x, y, w, h })
      x += w
      lineHeight = Math.max(lineHeight, h)
    }
    y += lineHeight
  }
  return panels
}

/** A choice among the values of a label; "All" also matches series that lack it. */
function choice(name, label, text, matching) {
  const names = '__name__=~"storage_lock:(acquires_all:total|waiting:acquires|held:locks)"'
  const query = `label_values({${[names, ...matching].join(', ')}}, ${label})`
  return {
    name,
    label: text,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: 'StandardVariableQuery' },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  }
}

const dashboard = {
  uid: 'storage-lock',
  title: 'Distributed locks',
  description:
    'Who waits for which lock and how long, who holds it, whether leases hold, and what the store costs.',
  tags: ['locks', 'storage-lock', 'opentelemetry'],
  schemaVersion: 39,
  editable: true,
  graphTooltip: 1,
  refresh: '30s',
  time: { from: 'now-3h', to: 'now' },
  timezone: 'browser',
  annotations: {
    list: [
      {
        name: 'Leases lost',
        datasource: DATASOURCE,
        enable: true,
        iconColor: 'red',
        expr: `sum by (storage_lock_lock_name, storage_lock_reason) (increase(storage_lock:lease_losses:total{${LOCKS}}[1m])) > 0`,
        titleFormat: 'Lease lost: {{storage_lock_lock_name}}',
        textFormat: '{{storage_lock_reason}}',
        step: '1m',
      },
    ],
  },
  templating: {
    list: [
      {
        name: 'datasource',
        label: 'Data source',
        type: 'datasource',
        query: 'prometheus',
        current: {},
        refresh: 1,
      },
      choice('job', 'job', 'Job', []),
      choice('storage', 'storage_lock_storage_name', 'Storage', ['job=~"$job"']),
      choice('lock', 'storage_lock_lock_name', 'Lock', [
        'job=~"$job"',
        'storage_lock_storage_name=~"$storage"',
      ]),
    ],
  },
  panels: layOut([now, waiting, holding, renewals, storage, contention, listener]),
}

const file = new URL('./storage-lock.json', import.meta.url)
if (process.argv.includes('--check')) {
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(JSON.stringify(dashboard)))) {
    process.stderr.write('storage-lock.json is out of date: run node dashboards/grafana/build.mjs\n')
    process.exitCode = 1
  }
} else {
  writeFileSync(file, `${JSON.stringify(dashboard, null, 2)}\n`)
}
