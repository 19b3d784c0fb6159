// node bench/run.mjs [--short] [--check] [--json FILE] [SCENARIO…]
//   --short   less work: for a look, and for CI
//   --check   exit status 1 if a figure is twice as bad as its limit, or as it usually is
//   --json    write all figures to a file
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { broke, printTable } from './harness/table.mjs'

const SCENARIOS = ['listener', 'bridge', 'growth', 'memory', 'lock']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean' }, check: { type: 'boolean' }, json: { type: 'string' } },
})
const unknown = positionals.find((name) => !SCENARIOS.includes(name))
if (unknown !== undefined) {
  process.stderr.write(`there is no scenario ${unknown}; there are ${SCENARIOS.join(', ')}\n`)
  process.exit(2)
}

const rows = []
for (const scenario of positionals.length > 0 ? positionals : SCENARIOS) {
  const found = await run(scenario)
  printTable(scenario, found)
  rows.push(...found)
}
if (values.json !== undefined) {
  const machine = { node: process.version, processors: cpus().length, processor: cpus()[0]?.model }
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, short: values.short === true, rows }, undefined, 2)}\n`,
  )
}
const bad = rows.filter(broke)
if (values.check === true && bad.length > 0) {
  for (const { scenario, name, median } of bad)
    process.stderr.write(`${scenario}: ${name} is ${median}, twice as bad as its limit\n`)
  process.exitCode = 1
}

/** Each scenario in a process of its own: what one leaves behind is no burden to the next. */
async function run(scenario) {
  const found = []
  const child = fork(
    fileURLToPath(new URL(`./${scenario}.mjs`, import.meta.url)),
    values.short === true ? ['--short'] : [],
    { execArgv: ['--expose-gc'] },
  )
  child.on('message', (row) => found.push(row))
  // The process may have ended before all that it told is here.
  const [[code]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  if (code !== 0) throw new Error(`the scenario ${scenario} ended with ${code}`)
  return found
}
