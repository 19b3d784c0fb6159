// Reads lines and parses their JSON: what any program that takes these events has to do.
import { linesOf } from './lines.mjs'

let events = 0
for await (const lines of linesOf(process.argv[2])) {
  for (const line of lines) if (JSON.parse(line).id !== undefined) events += 1
}
process.stdout.write(JSON.stringify({ events }))
