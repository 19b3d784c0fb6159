import {
  type Counter,
  createNoopMeter,
  type Histogram,
  type Meter,
  type ObservableCounter,
  type ObservableGauge,
  type ObservableUpDownCounter,
} from '@opentelemetry/api'
import * as semconv from './semconv.js'

/**
 * Bucket boundaries for durations in seconds, from 0.1 ms (a lock in memory) to 5 min (a queue behind a long
 * job). Advice only: a view overrides it.
 *
 * @example
 * const boundaries = [...DURATION_BUCKETS, 600] // for a view of your own
 */
export const DURATION_BUCKETS: readonly number[] = Object.freeze([
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  120, 300,
])

/**
 * Bucket boundaries for the attempts of one acquire.
 *
 * @example
 * const boundaries = [...ATTEMPT_BUCKETS, 1_000] // for a view of your own
 */
export const ATTEMPT_BUCKETS: readonly number[] = Object.freeze([
  1, 2, 3, 5, 8, 13, 21, 34, 55, 100, 250, 1000,
])

/** Every instrument of the listener, as one meter makes them. */
export interface Instruments {
  readonly acquireDuration: Histogram
  readonly acquireAttempts: Histogram
  readonly holdDuration: Histogram
  readonly releaseDuration: Histogram
  readonly renewalDuration: Histogram
  readonly renewalHeadroom: Histogram
  readonly storageDuration: Histogram
  readonly contentions: Counter
  readonly leaseLosses: Counter
  readonly takeovers: Counter
  readonly held: ObservableUpDownCounter
  readonly waiting: ObservableUpDownCounter
  readonly holdAgeMax: ObservableGauge
  readonly waitAgeMax: ObservableGauge
  readonly listenerEvents: ObservableCounter
  readonly listenerDropped: ObservableCounter
  readonly listenerErrors: ObservableCounter
  readonly listenerSpans: ObservableCounter
  readonly listenerTrees: ObservableUpDownCounter
}

/** Makes the instruments; they belong to this meter's provider and must be made anew for another. */
export function createInstruments(meter: Meter): Instruments {
  const seconds = (name: string, description: string): Histogram =>
    meter.createHistogram(name, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: [...DURATION_BUCKETS] },
    })
  return {
    acquireDuration: seconds(
      semconv.METRIC_ACQUIRE_DURATION,
      'How long a call of Lock took, from its start to its return, whatever its outcome.',
    ),
    acquireAttempts: meter.createHistogram(semconv.METRIC_ACQUIRE_ATTEMPTS, {
      description: 'Attempts that one call of Lock made.',
      unit: '{attempt}',
      advice: { explicitBucketBoundaries: [...ATTEMPT_BUCKETS] },
    }),
    holdDuration: seconds(semconv.METRIC_HOLD_DURATION, 'How long a lock was held.'),
    releaseDuration: seconds(semconv.METRIC_RELEASE_DURATION, 'How long a call of Unlock took.'),
    renewalDuration: seconds(semconv.METRIC_RENEWAL_DURATION, 'How long one renewal of a lease took.'),
    renewalHeadroom: seconds(
      semconv.METRIC_RENEWAL_HEADROOM,
      'How much of the lease was left when a renewal completed.',
    ),
    storageDuration: seconds(semconv.METRIC_STORAGE_DURATION, 'How long one operation of the storage took.'),
    contentions: meter.createCounter(semconv.METRIC_CONTENTIONS, {
      description: 'Attempts to acquire that found the lock held or changed under them.',
      unit: '{contention}',
    }),
    leaseLosses: meter.createCounter(semconv.METRIC_LEASE_LOSSES, {
      description: 'Leases that ended while the lock was held.',
      unit: '{lease}',
    }),
    takeovers: meter.createCounter(semconv.METRIC_TAKEOVERS, {
      description: 'Acquires that took over an expired or abandoned lock.',
      unit: '{takeover}',
    }),
    held: meter.createObservableUpDownCounter(semconv.METRIC_HELD, {
      description: 'Locks held now.',
      unit: '{lock}',
    }),
    waiting: meter.createObservableUpDownCounter(semconv.METRIC_WAITING, {
      description: 'Calls of Lock under way now.',
      unit: '{acquire}',
    }),
    holdAgeMax: meter.createObservableGauge(semconv.METRIC_HOLD_AGE_MAX, {
      description: 'Age of the oldest hold open now.',
      unit: 's',
    }),
    waitAgeMax: meter.createObservableGauge(semconv.METRIC_WAIT_AGE_MAX, {
      description: 'Age of the oldest call of Lock under way now.',
      unit: 's',
    }),
    listenerEvents: meter.createObservableCounter(semconv.METRIC_LISTENER_EVENTS, {
      description: 'Events the listener received, by what became of them.',
      unit: '{event}',
    }),
    listenerDropped: meter.createObservableCounter(semconv.METRIC_LISTENER_DROPPED, {
      description: 'What the listener left out, by the bound that was hit.',
      unit: '{item}',
    }),
    listenerErrors: meter.createObservableCounter(semconv.METRIC_LISTENER_ERRORS, {
      description: 'Errors inside the listener, its hooks, or the SDK below it.',
      unit: '{error}',
    }),
    listenerSpans: meter.createObservableCounter(semconv.METRIC_LISTENER_SPANS, {
      description: 'Sampled spans the listener made.',
      unit: '{span}',
    }),
    listenerTrees: meter.createObservableUpDownCounter(semconv.METRIC_LISTENER_TREES, {
      description: 'Event trees that are gathered now.',
      unit: '{tree}',
    }),
  }
}

/** All no-op meters have the same histogram. */
const NOTHING = createNoopMeter().createHistogram('')

/** Whether the instruments are a provider's, not the ones of the API that do nothing. */
export function records(instruments: Instruments): boolean {
  return instruments.acquireDuration !== NOTHING
}
