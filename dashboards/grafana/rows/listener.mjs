// The row about the listener itself: what it was given, and what it could not keep.
import { JOBS, lines, perSecond } from '../panels.mjs'

export const listener = {
  title: 'The listener itself',
  panels: [
    lines({
      title: 'Events a second, by result',
      description: 'What the listener was given. Rejected: it could not read them.',
      unit: 'ops',
      stacked: true,
      queries: [
        {
          expr: perSecond('listener_events', 'storage_lock_result', JOBS),
          legend: '{{storage_lock_result}}',
        },
      ],
    }),
    lines({
      title: 'Dropped, by limit',
      description:
        'In five minutes. The locks are unharmed, but the telemetry is incomplete: raise the limit that is named.',
      unit: 'none',
      bars: true,
      queries: [
        {
          expr: `sum by (storage_lock_limit) (increase(storage_lock:listener_dropped:total{${JOBS}}[5m]))`,
          legend: '{{storage_lock_limit}}',
        },
      ],
    }),
    lines({
      title: 'Trees open',
      description: 'Lock operations whose events are kept in memory because they are not over yet.',
      unit: 'none',
      queries: [
        { expr: `sum by (instance) (storage_lock:listener_trees:open{${JOBS}})`, legend: '{{instance}}' },
      ],
    }),
    lines({
      title: 'Spans a second',
      description: 'Spans made. They grow with contention: every attempt is one.',
      unit: 'ops',
      queries: [{ expr: perSecond('listener_spans', 'instance', JOBS), legend: '{{instance}}' }],
    }),
    lines({
      title: 'Errors of the listener',
      description: 'In five minutes. The first ones are in the process’s diagnostic log.',
      unit: 'none',
      bars: true,
      queries: [
        {
          expr: `sum by (instance) (increase(storage_lock:listener_errors_all:total{${JOBS}}[5m]))`,
          legend: '{{instance}}',
        },
      ],
    }),
  ],
}
