// The row about waiting: who waits, how long, and what becomes of it.
import { heatmap, LOCKS, lines, perSecond, quantile, share } from '../panels.mjs'

const LOCK = '{{storage_lock_lock_name}}'

export const waiting = {
  title: 'Waiting',
  panels: [
    lines({
      title: 'Time to acquire, p99',
      description:
        'One acquire in a hundred takes longer than this, from asking for the lock to having it or giving up.',
      unit: 's',
      queries: [{ expr: quantile(0.99, 'acquire_duration'), legend: LOCK }],
    }),
    lines({
      title: 'Time to acquire, p50',
      description: 'Half of the acquires take longer than this. Near the storage latency: nobody waits.',
      unit: 's',
      queries: [{ expr: quantile(0.5, 'acquire_duration'), legend: LOCK }],
    }),
    lines({
      title: 'Waiting now',
      description: 'Acquires that have begun and not ended. A level that never falls to zero is a queue.',
      unit: 'none',
      queries: [
        { expr: `sum by (storage_lock_lock_name) (storage_lock:waiting:acquires{${LOCKS}})`, legend: LOCK },
      ],
    }),
    lines({
      title: 'Oldest wait',
      description:
        'The age of the oldest acquire that is still waiting. A straight rising line: nobody gets the lock.',
      unit: 's',
      queries: [
        { expr: `max by (storage_lock_lock_name) (storage_lock:wait_age:seconds{${LOCKS}})`, legend: LOCK },
      ],
    }),
    lines({
      title: 'Acquires a second, by outcome',
      description: 'How many acquires end, and how.',
      unit: 'ops',
      stacked: true,
      queries: [{ expr: perSecond('acquires', 'storage_lock_outcome'), legend: '{{storage_lock_outcome}}' }],
    }),
    lines({
      title: 'Acquires that time out or fail',
      description:
        'The share of acquires that end without the lock: timed out while it was busy, or failed with an error. Above the dashed line, an alert fires.',
      unit: 'percentunit',
      alertAbove: 0.01,
      queries: [
        { expr: share('acquire_timeouts', 'acquires_all'), legend: `${LOCK} timed out` },
        { expr: share('acquire_errors', 'acquires_all'), legend: `${LOCK} failed` },
      ],
    }),
    heatmap({
      title: 'Time to acquire, distribution',
      description:
        'Acquires a second by how long they took. Two bands: one for those who found the lock free, one for the rest.',
      unit: 's',
      queries: [
        {
          expr: `sum by (le) (storage_lock:acquire_duration:rate5m{${LOCKS}})`,
          legend: '{{le}}',
          format: 'heatmap',
        },
      ],
    }),
    lines({
      title: 'Acquires without the lock, by error',
      description:
        'Acquires a second that ended without the lock, by error.type. Errors end fast, so latency does not show them.',
      unit: 'ops',
      stacked: true,
      queries: [
        {
          expr: perSecond(
            'acquires',
            'storage_lock_outcome, error_type',
            `${LOCKS}, storage_lock_outcome!="acquired"`,
          ),
          legend: '{{storage_lock_outcome}} {{error_type}}',
        },
      ],
    }),
  ],
}
