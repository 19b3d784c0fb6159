// Adds up the test reports of a CI run and prints the closing line. A step that failed without a failed test
// (a lint error, a crash) counts as one failure.
//
//   node summary.mjs DIRECTORY            print "N passed, N failed" and exit 1 if anything failed
//   node summary.mjs --step FILE NAME     note that a step failed
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [first, file, name] = process.argv.slice(2)
if (first === '--step') {
  writeFileSync(file, JSON.stringify({ step: name }))
} else {
  let passed = 0
  let failed = 0
  const steps = []
  for (const entry of readdirSync(first)) {
    const report = JSON.parse(readFileSync(join(first, entry), 'utf8'))
    if (typeof report.step === 'string') {
      steps.push(report.step)
      continue
    }
    passed += report.numPassedTests ?? 0
    failed += report.numFailedTests ?? 0
  }
  if (steps.length > 0) console.log(`failed: ${steps.join(', ')}`)
  failed = Math.max(failed, steps.length)
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed > 0 ? 1 : 0)
}
