import { execFileSync } from 'node:child_process'
import { buildGo, GO_CODEC } from './go.js'
import { lines } from './stream.js'

/** What go-events made of one line. */
export interface GoAnswer {
  /** The event as Go encodes it again; absent where Go could not read the line. */
  readonly event?: Record<string, unknown>
  readonly error?: string
  /** The actions' costs in nanoseconds as Go reckons them. */
  readonly costs?: readonly number[]
  /** What IsRootEvent says; absent for false. */
  readonly root?: boolean
}

/** Lets Go's `EventFromJsonStringE` read the lines; gives its answers as they were printed. */
export function goReads(
  jsonLines: readonly string[],
  options: { readonly stripErr?: boolean } = {},
): string[] {
  const output = execFileSync(buildGo(GO_CODEC), options.stripErr ? ['-strip-err'] : [], {
    input: `${jsonLines.join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const answers = lines(output)
  if (answers.length !== jsonLines.length)
    throw new Error(`${answers.length} answers to ${jsonLines.length} lines`)
  return answers
}

export const answer = (text: string): GoAnswer => JSON.parse(text) as GoAnswer
