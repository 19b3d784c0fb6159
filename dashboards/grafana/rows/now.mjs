// The row of figures at the top: how it stands at this moment.
import { LOCKS, stat } from '../panels.mjs'

export const now = {
  title: 'Now',
  panels: [
    stat({
      title: 'Alerts firing',
      description: 'Storage lock alerts that fire now. Each has a section in the runbook.',
      unit: 'none',
      queries: [
        { expr: 'count(ALERTS{alertname=~"StorageLock.*", alertstate="firing", job=~"$job"}) or vector(0)' },
      ],
      steps: [[1, 'red']],
    }),
    stat({
      title: 'Leases lost',
      description: 'Leases lost in the chosen time: somebody worked without the lock it believed to hold.',
      unit: 'none',
      decimals: 0,
      queries: [
        { expr: `sum(increase(storage_lock:lease_losses:total{${LOCKS}}[$__range]))`, instant: true },
      ],
      steps: [[0.5, 'red']],
    }),
    stat({
      title: 'Waiting',
      description: 'Acquires that are waiting now.',
      unit: 'none',
      queries: [{ expr: `sum(storage_lock:waiting:acquires{${LOCKS}})` }],
      steps: [[10, 'yellow']],
    }),
    stat({
      title: 'Oldest wait',
      description: 'How long the acquire that has waited longest has been waiting.',
      unit: 's',
      queries: [{ expr: `max(storage_lock:wait_age:seconds{${LOCKS}})` }],
      steps: [
        [10, 'yellow'],
        [60, 'red'],
      ],
    }),
    stat({
      title: 'Held',
      description: 'Locks that are held now.',
      unit: 'none',
      queries: [{ expr: `sum(storage_lock:held:locks{${LOCKS}})` }],
      steps: [],
    }),
    stat({
      title: 'Oldest hold',
      description: 'How long the lock that has been held longest has been held.',
      unit: 's',
      queries: [{ expr: `max(storage_lock:hold_age:seconds{${LOCKS}})` }],
      steps: [[600, 'yellow']],
    }),
  ],
}
