// What the panels of the dashboard have in common: the data source, kinds of panels, colours, queries.

/** The data source is chosen on the dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: '$' + '{datasource}' }

/** Labels that the template variables choose by; `LOCKS` for what belongs to a lock, `JOBS` for the listener itself. */
export const JOBS = 'job=~"$job"'
export const LOCKS = `${JOBS}, storage_lock_storage_name=~"$storage", storage_lock_lock_name=~"$lock"`

/** The same outcome has the same colour everywhere. */
const COLOURS = {
  green: 'acquired|released|renewed|ok|accepted',
  blue: 'reentry|miss|repeated',
  yellow: 'refused|rejected|busy|version_miss|unknown',
  orange: 'timeout|expired|dropped',
  red: 'error|lost',
}

const colourOverrides = Object.entries(COLOURS).map(([colour, names]) => ({
  matcher: { id: 'byRegexp', options: `/^(${names})$/` },
  properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }],
}))

const LIMIT_LINE = {
  matcher: { id: 'byRegexp', options: '/(quarter of the lease|counts as stuck)$/' },
  properties: [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
    { id: 'custom.fillOpacity', value: 0 },
  ],
}

/** Whether the series are told apart by more than the name of a lock, an operation, a limit or a process. */
const hasMeaning = ({ legend }) =>
  !/^\{\{(storage_lock_(lock_name|operation|limit)|instance)\}\}$/.test(legend)

const refId = (index) => String.fromCharCode('A'.charCodeAt(0) + index)

function target({ expr, legend = '__auto', instant = false, format = 'time_series' }, index) {
  return {
    refId: refId(index),
    datasource: DATASOURCE,
    editorMode: 'code',
    expr,
    legendFormat: legend,
    instant,
    range: !instant,
    format,
  }
}

function panel(
  { title, description, unit, queries, width = 12, height = 8, decimals },
  type,
  fieldConfig,
  options,
) {
  return {
    title,
    description,
    type,
    datasource: DATASOURCE,
    gridPos: { w: width, h: height },
    fieldConfig: {
      defaults: { unit, ...(decimals === undefined ? {} : { decimals }), ...fieldConfig },
      overrides: type === 'timeseries' && queries.some(hasMeaning) ? [...colourOverrides, LIMIT_LINE] : [],
    },
    options,
    targets: queries.map(target),
  }
}

/**
 * Lines over time. `stacked` for parts of a whole, `bars` for counts of rare things, `max` fixes the axis;
 * `alertAbove` draws a line where an alert fires.
 */
export function lines({ stacked = false, bars = false, min = 0, max, alertAbove, ...rest }) {
  const fieldConfig = {
    min,
    ...(max === undefined ? {} : { max }),
    color: { mode: 'palette-classic' },
    ...(alertAbove === undefined ? {} : { thresholds: limit(alertAbove) }),
    custom: {
      ...(alertAbove === undefined ? {} : { thresholdsStyle: { mode: 'dashed' } }),
      drawStyle: bars ? 'bars' : 'line',
      fillOpacity: bars ? 60 : stacked ? 30 : 8,
      lineWidth: 1,
      showPoints: 'never',
      spanNulls: false,
      stacking: { mode: stacked || bars ? 'normal' : 'none', group: 'A' },
    },
  }
  return panel(rest, 'timeseries', fieldConfig, {
    legend: {
      displayMode: 'table',
      placement: 'right',
      calcs: ['lastNotNull', 'max'],
      sortBy: 'Max',
      sortDesc: true,
    },
    tooltip: { mode: 'multi', sort: 'desc' },
  })
}

const limit = (value) => ({
  mode: 'absolute',
  steps: [
    { color: 'transparent', value: null },
    { color: 'orange', value },
  ],
})

/** One figure, coloured by `steps`: pairs of a lower bound and a colour. */
export function stat({ steps, ...rest }) {
  const thresholds = {
    mode: 'absolute',
    steps: [{ color: 'green', value: null }, ...steps.map(([value, color]) => ({ color, value }))],
  }
  return panel(
    { width: 4, height: 4, ...rest },
    'stat',
    { thresholds, color: { mode: 'thresholds' } },
    {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      colorMode: 'value',
      graphMode: 'area',
      textMode: 'auto',
    },
  )
}

/** The longest bars now, one a series. */
export function ranking(rest) {
  return panel(
    rest,
    'bargauge',
    { min: 0, color: { mode: 'continuous-GrYlRd' } },
    {
      displayMode: 'basic',
      orientation: 'horizontal',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      showUnfilled: true,
    },
  )
}

/** Where the durations lie, over time. The query gives the rate of every bucket. */
export function heatmap({ unit, ...rest }) {
  return panel(
    { unit, ...rest },
    'heatmap',
    { custom: {} },
    {
      calculate: false,
      cellGap: 1,
      color: { mode: 'scheme', scheme: 'Oranges', steps: 64, exponent: 0.5, reverse: false },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      tooltip: { mode: 'single', yHistogram: true },
      yAxis: { unit, axisPlacement: 'left', reverse: false },
    },
  )
}

/** A quantile by lock, or by another label. */
export const quantile = (q, metric, by = 'storage_lock_lock_name', labels = LOCKS) =>
  `histogram_quantile(${q}, sum by (le, ${by}) (storage_lock:${metric}:rate5m{${labels}}))`

/** Events a second by some label. */
export const perSecond = (metric, by, labels = LOCKS) =>
  `sum by (${by}) (rate(storage_lock:${metric}:total{${labels}}[5m]))`

/** The share of one counter in another, by lock. */
export const share = (part, whole, window = '5m') =>
  `sum by (storage_lock_lock_name) (increase(storage_lock:${part}:total{${LOCKS}}[${window}]))\n/\n` +
  `sum by (storage_lock_lock_name) (increase(storage_lock:${whole}:total{${LOCKS}}[${window}]))`
