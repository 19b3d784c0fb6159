// Which blocks of the code under test a run reached, and about how often: V8's own block coverage, asked for over the
// inspector of this process.
import { Session } from 'node:inspector'

/** Counts that are told apart: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more. */
function bucket(count) {
  if (count < 4) return count
  if (count < 8) return 4
  if (count < 16) return 5
  if (count < 32) return 6
  return count < 128 ? 7 : 8
}

export class Coverage {
  #session = new Session()
  #url

  /** @param url of the script of which coverage is looked at */
  constructor(url) {
    this.#url = url
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** What was reached since the last call: one text for each block and bucket. */
  take() {
    let result
    // With a session in the same process the answer comes before post() returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error) throw new Error(error.message)
      result = answer.result
    })
    const features = []
    for (const script of result) {
      if (script.url !== this.#url) continue
      for (const { ranges } of script.functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) features.push(`${startOffset}-${endOffset}:${bucket(count)}`)
        }
      }
    }
    return features
  }
}
