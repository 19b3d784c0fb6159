// The row about contention: how often, why, and how many attempts it costs.
import { LOCKS, lines, perSecond, quantile, share } from '../panels.mjs'

const LOCK = '{{storage_lock_lock_name}}'

export const contention = {
  title: 'Contention',
  panels: [
    lines({
      title: 'Contended acquires',
      description:
        'The share of acquires that did not get the lock at the first attempt. Above the dashed line for half an hour, an alert fires.',
      unit: 'percentunit',
      max: 1,
      alertAbove: 0.5,
      queries: [
        {
          expr: share('acquires_contended', 'acquires_all'),
          legend: LOCK,
        },
      ],
    }),
    lines({
      title: 'Contentions a second, by reason',
      description:
        'Busy: somebody held the lock. Version miss: somebody else was quicker in the same moment.',
      unit: 'ops',
      stacked: true,
      queries: [{ expr: perSecond('contentions', 'storage_lock_reason'), legend: '{{storage_lock_reason}}' }],
    }),
    lines({
      title: 'Attempts an acquire, on average',
      description: 'Each attempt is a round trip to the store. Above the dashed line is a retry storm.',
      unit: 'none',
      alertAbove: 10,
      queries: [
        {
          expr: `max by (storage_lock_lock_name) (storage_lock:acquire_attempts:mean5m{${LOCKS}})`,
          legend: LOCK,
        },
      ],
    }),
    lines({
      title: 'Attempts an acquire, p99',
      description: 'The unluckiest acquire in a hundred.',
      unit: 'none',
      queries: [{ expr: quantile(0.99, 'acquire_attempts'), legend: LOCK }],
    }),
  ],
}
