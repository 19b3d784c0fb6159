import type { Attributes } from '@opentelemetry/api'
import { metrics } from '@opentelemetry/sdk-node'

/** Percentiles of one group of a histogram's values. */
export interface Timing {
  /** The instrument's name. */
  readonly name: string
  readonly unit: string
  /** The labels it is grouped by. */
  readonly labels: Readonly<Record<string, string>>
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** A counter's total for one group of labels. */
export interface Total {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Enough buckets for a relative error below 1 % from a microsecond to a day. */
const BUCKETS = 2560

/** Labels with many values, over which the groups are summed. */
const UNGROUPED = new Set(['storage_lock.lock.name', 'storage_lock.storage.name'])

/** Reads what the instruments hold, in finer buckets than the exporters', to be shown to people at the end. */
export class TimingsReader extends metrics.MetricReader {
  constructor() {
    super({
      aggregationSelector: (type) =>
        type === metrics.InstrumentType.HISTOGRAM
          ? {
              type: metrics.AggregationType.EXPONENTIAL_HISTOGRAM,
              options: { maxSize: BUCKETS, recordMinMax: true },
            }
          : { type: metrics.AggregationType.DEFAULT },
    })
  }

  #bound = false

  /** Histograms grouped by their main labels, and counters likewise; nothing from an SDK that is switched off. */
  async read(): Promise<{ timings: Timing[]; totals: Total[] }> {
    if (!this.#bound) return { timings: [], totals: [] }
    const { resourceMetrics } = await this.collect()
    const timings: Timing[] = []
    const totals: Total[] = []
    for (const { metrics: all } of resourceMetrics.scopeMetrics) {
      for (const metric of all) {
        if (metric.dataPointType === metrics.DataPointType.EXPONENTIAL_HISTOGRAM) {
          timings.push(...readHistogram(metric))
        } else if (metric.dataPointType === metrics.DataPointType.SUM) totals.push(...readSum(metric))
      }
    }
    return { timings, totals }
  }

  protected override onInitialized(): void {
    this.#bound = true
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

interface Group {
  labels: Record<string, string>
  /** Values (a bucket's middle) with how often they occurred. */
  values: [value: number, count: number][]
  count: number
  max: number
}

function readHistogram(metric: metrics.ExponentialHistogramMetricData): Timing[] {
  const groups = new Map<string, Group>()
  for (const { attributes, value } of metric.dataPoints) {
    if (value.count === 0) continue
    const labels = labelsOf(attributes)
    const key = JSON.stringify(labels)
    let group = groups.get(key)
    if (group === undefined) {
      group = { labels, values: [], count: 0, max: 0 }
      groups.set(key, group)
    }
    group.count += value.count
    group.max = Math.max(group.max, value.max ?? 0)
    if (value.zeroCount > 0) group.values.push([0, value.zeroCount])
    // Bucket i holds the values in (base^i, base^(i+1)], base = 2^(2^-scale); its geometric middle stands for them.
    const { offset, bucketCounts } = value.positive
    bucketCounts.forEach((count, index) => {
      if (count === 0) return
      const middle = 2 ** ((offset + index + 0.5) * 2 ** -value.scale)
      group.values.push([Math.min(Math.max(middle, value.min ?? 0), value.max ?? middle), count])
    })
  }
  return [...groups.values()].map((group) => {
    group.values.sort(([a], [b]) => a - b)
    return {
      name: metric.descriptor.name,
      unit: metric.descriptor.unit,
      labels: group.labels,
      count: group.count,
      p50: percentile(group, 0.5),
      p90: percentile(group, 0.9),
      p99: percentile(group, 0.99),
      max: group.max,
    }
  })
}

/** Nearest rank: the smallest value that at least this part of the values does not exceed. */
function percentile(group: Group, part: number): number {
  let rank = Math.ceil(group.count * part)
  // The largest value is known exactly.
  if (rank >= group.count) return group.max
  for (const [value, count] of group.values) {
    rank -= count
    if (rank <= 0) return value
  }
  return group.max
}

function readSum(metric: metrics.SumMetricData): Total[] {
  const groups = new Map<string, { name: string; labels: Record<string, string>; value: number }>()
  for (const { attributes, value } of metric.dataPoints) {
    const labels = labelsOf(attributes)
    const key = JSON.stringify(labels)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { name: metric.descriptor.name, labels, value })
    else group.value += value
  }
  return [...groups.values()]
}

function labelsOf(attributes: Attributes): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const key of Object.keys(attributes).sort()) {
    const value = attributes[key]
    if (!UNGROUPED.has(key) && value !== undefined) labels[key] = String(value as string | number | boolean)
  }
  return labels
}
