// The row about the store below the locks.
import { LOCKS, lines, perSecond, quantile } from '../panels.mjs'

const OPERATION = '{{storage_lock_operation}}'

const byOperation = (outcome) =>
  `sum by (storage_lock_operation) (rate(storage_lock:storage_operations:total{${LOCKS}, storage_lock_outcome="${outcome}"}[5m]))\n` +
  `/ on (storage_lock_operation)\n` +
  `sum by (storage_lock_operation) (rate(storage_lock:storage_operations:total{${LOCKS}}[5m]))`

export const storage = {
  title: 'Storage',
  panels: [
    lines({
      title: 'Storage time, p99',
      description: 'By operation. Everything else on this dashboard is a multiple of this.',
      unit: 's',
      queries: [
        { expr: quantile(0.99, 'storage_operation_duration', 'storage_lock_operation'), legend: OPERATION },
      ],
    }),
    lines({
      title: 'Storage time, p50',
      description: 'By operation.',
      unit: 's',
      queries: [
        { expr: quantile(0.5, 'storage_operation_duration', 'storage_lock_operation'), legend: OPERATION },
      ],
    }),
    lines({
      title: 'Storage operations a second',
      description: 'What the locks cost the store.',
      unit: 'ops',
      stacked: true,
      queries: [{ expr: perSecond('storage_operations', 'storage_lock_operation'), legend: OPERATION }],
    }),
    lines({
      title: 'Storage operations that miss or fail',
      description:
        'A miss is a lost race, or the lock did not exist yet: both are normal. An error is the store.',
      unit: 'percentunit',
      queries: [
        { expr: byOperation('miss'), legend: `${OPERATION} miss` },
        { expr: byOperation('error'), legend: `${OPERATION} error` },
      ],
    }),
  ],
}
