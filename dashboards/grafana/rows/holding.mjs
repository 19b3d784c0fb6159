// The row about holding: who holds, how long, and how holds end.
import { LOCKS, lines, perSecond, quantile, ranking } from '../panels.mjs'

const LOCK = '{{storage_lock_lock_name}}'

export const holding = {
  title: 'Holding',
  panels: [
    lines({
      title: 'Time held, p99',
      description:
        'One hold in a hundred lasts longer than this, from having the lock to its release, loss or expiry.',
      unit: 's',
      queries: [{ expr: quantile(0.99, 'hold_duration'), legend: LOCK }],
    }),
    lines({
      title: 'Wait beside hold, on average',
      description: 'Both grow: the critical section is slow. Only the wait grows: too many want the lock.',
      unit: 's',
      queries: [
        {
          expr:
            `sum(storage_lock:acquire_duration_sum:rate5m{${LOCKS}})\n/\n` +
            `sum(rate(storage_lock:acquires:total{${LOCKS}}[5m]))`,
          legend: 'wait',
        },
        {
          expr:
            `sum(storage_lock:hold_duration_sum:rate5m{${LOCKS}})\n/\n` +
            `sum(rate(storage_lock:holds:total{${LOCKS}}[5m]))`,
          legend: 'hold',
        },
      ],
    }),
    lines({
      title: 'Oldest hold, and the age at which it counts as stuck',
      description:
        'A stuck holder finishes nothing, so it shows only here. Above the dashed line, an alert fires.',
      unit: 's',
      queries: [
        { expr: `max by (storage_lock_lock_name) (storage_lock:hold_age:seconds{${LOCKS}})`, legend: LOCK },
        {
          expr: `max by (storage_lock_lock_name) (storage_lock:hold_limit:seconds{${LOCKS}})`,
          legend: `${LOCK} counts as stuck`,
        },
      ],
    }),
    ranking({
      title: 'Oldest holds, by process',
      description: 'Which process holds what, longest first.',
      unit: 's',
      queries: [
        {
          expr: `topk(10, storage_lock:hold_age:seconds{${LOCKS}} > 0)`,
          legend: `${LOCK} in {{instance}}`,
          instant: true,
        },
      ],
    }),
    lines({
      title: 'Held now',
      description: 'Locks held, by name. A name with a "*" stands for many locks.',
      unit: 'none',
      queries: [
        { expr: `sum by (storage_lock_lock_name) (storage_lock:held:locks{${LOCKS}})`, legend: LOCK },
      ],
    }),
    lines({
      title: 'Holders of one lock',
      description:
        'How many hold one and the same lock. More than one is a split brain, unless it is a semaphore.',
      unit: 'none',
      decimals: 0,
      queries: [
        { expr: `max by (storage_lock_lock_name) (storage_lock:holders:count{${LOCKS}})`, legend: LOCK },
      ],
    }),
    lines({
      title: 'Saturation',
      description:
        'Seconds held in each second, counted when the hold ends. At 1, a single lock is always held: it cannot take more.',
      unit: 'none',
      queries: [
        {
          expr: `sum by (storage_lock_lock_name) (storage_lock:hold_duration_sum:rate5m{${LOCKS}})`,
          legend: LOCK,
        },
      ],
    }),
    lines({
      title: 'Ends of holds a second',
      description:
        'Released by the holder, lost to somebody else, or expired because nobody renewed or released it.',
      unit: 'ops',
      stacked: true,
      queries: [{ expr: perSecond('holds', 'storage_lock_hold_end'), legend: '{{storage_lock_hold_end}}' }],
    }),
    lines({
      title: 'Unlocks a second, by outcome',
      description: 'Refused: the caller was not the owner. Reentry: one level of a reentrant lock was left.',
      unit: 'ops',
      stacked: true,
      queries: [{ expr: perSecond('releases', 'storage_lock_outcome'), legend: '{{storage_lock_outcome}}' }],
    }),
    lines({
      title: 'Time to release, p99',
      description: 'Others wait for this too: the lock is free only when the release has reached the store.',
      unit: 's',
      queries: [{ expr: quantile(0.99, 'release_duration'), legend: LOCK }],
    }),
  ],
}
