import { createReadStream } from 'node:fs'

/** The lines of a file, as many at a time as a chunk has. */
export async function* linesOf(path) {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    yield lines
  }
  if (rest !== '') yield [rest]
}
