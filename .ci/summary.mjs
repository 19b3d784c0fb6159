// Adds up the test reports of a CI run and prints the closing line. A step that failed without a failed test
// (a lint error, a crash, a report that cannot be read) counts as one failure.
//
//   node summary.mjs DIRECTORY                   print "N passed, N failed" and exit 1 if anything failed
//   node summary.mjs --step FILE NAME [REPORT]   note that a step failed, and which report it has, if any
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [first, file, name, report] = process.argv.slice(2)
if (first === '--step') {
  writeFileSync(file, JSON.stringify({ step: name, report }))
} else {
  let passed = 0
  let failed = 0
  const failedSteps = []
  const failedIn = new Map()
  for (const entry of readdirSync(first)) {
    const found = read(join(first, entry))
    if (typeof found.step === 'string') failedSteps.push(found)
    passed += found.numPassedTests ?? 0
    failed += found.numFailedTests ?? 0
    failedIn.set(entry, found.numFailedTests ?? 0)
  }
  for (const step of failedSteps) if (!failedIn.get(step.report)) failed += 1
  if (failedSteps.length > 0) console.log(`failed: ${failedSteps.map(({ step }) => step).join(', ')}`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

/** A report that was cut short says nothing: its step failed, and counts. */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}
