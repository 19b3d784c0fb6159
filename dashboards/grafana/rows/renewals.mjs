// The row about renewals and leases: is a lock about to be lost, was one lost.
import { LOCKS, lines, perSecond, quantile } from '../panels.mjs'

const LOCK = '{{storage_lock_lock_name}}'

export const renewals = {
  title: 'Renewals and leases',
  panels: [
    lines({
      title: 'Leases lost, and takeovers',
      description:
        'In five minutes. Lost: a holder found its lock gone. Taken over: an expired record of somebody else was replaced.',
      unit: 'none',
      bars: true,
      queries: [
        {
          expr: `sum by (storage_lock_lock_name, storage_lock_reason) (increase(storage_lock:lease_losses:total{${LOCKS}}[5m]))`,
          legend: `${LOCK} ({{storage_lock_reason}}) lost`,
        },
        {
          expr: `sum by (storage_lock_lock_name) (increase(storage_lock:takeovers:total{${LOCKS}}[5m]))`,
          legend: `${LOCK} taken over`,
        },
      ],
    }),
    lines({
      title: 'Headroom, p1',
      description:
        'How much lease was left when the latest renewals completed. It shrinks before a lease is lost.',
      unit: 's',
      queries: [
        {
          expr: `min by (storage_lock_lock_name) (storage_lock:renewal_headroom:p01{${LOCKS}})`,
          legend: LOCK,
        },
        {
          expr: `min by (storage_lock_lock_name) (0.25 * storage_lock:lease:seconds{${LOCKS}})`,
          legend: `${LOCK} quarter of the lease`,
        },
      ],
    }),
    lines({
      title: 'Renewals a second, by outcome',
      description: 'A failed renewal is tried again while there is lease left; a lost one ends the hold.',
      unit: 'ops',
      stacked: true,
      queries: [{ expr: perSecond('renewals', 'storage_lock_outcome'), legend: '{{storage_lock_outcome}}' }],
    }),
    lines({
      title: 'Time to renew, p99',
      description: 'Compare with the storage latency: slow renewals on a fast store mean a starved process.',
      unit: 's',
      queries: [{ expr: quantile(0.99, 'renewal_duration'), legend: LOCK }],
    }),
    lines({
      title: 'Failed renewals',
      description: 'In five minutes, by lock.',
      unit: 'none',
      bars: true,
      queries: [
        {
          expr: `sum by (storage_lock_lock_name) (increase(storage_lock:renewal_failures:total{${LOCKS}}[5m]))`,
          legend: LOCK,
        },
      ],
    }),
    lines({
      title: 'Renewals a second for each held lock',
      description:
        'More than one a second is a storm: a holder that retries without a pause, or a far too short interval.',
      unit: 'ops',
      alertAbove: 1,
      queries: [
        {
          expr: `max by (storage_lock_lock_name) (storage_lock:renewals_per_lock:rate5m{${LOCKS}})`,
          legend: LOCK,
        },
      ],
    }),
  ],
}
