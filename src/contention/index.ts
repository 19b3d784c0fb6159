export type {
  AcquireFact,
  ContentionFact,
  ContentionFacts,
  FactBase,
  Holder,
  HoldFact,
  ReleaseFact,
  RenewalFact,
} from './facts.js'
export type { ContentionRecorderOptions, OpenAcquires } from './recorder.js'
export { ContentionRecorder } from './recorder.js'
