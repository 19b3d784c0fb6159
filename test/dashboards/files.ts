import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

/** The absolute path of a file of the project. */
export const pathOf = (relative: string): string => fileURLToPath(new URL(relative, root))

/** The text of a file of the project. */
export const textOf = (relative: string): string => readFileSync(new URL(relative, root), 'utf8')

export const RECORDING_RULES = 'dashboards/prometheus/storage-lock.recording.yml'
export const ALERT_RULES = 'dashboards/prometheus/storage-lock.alerts.yml'
export const OVERRIDES = 'dashboards/prometheus/storage-lock.overrides.example.yml'
export const RULE_FILES: readonly string[] = [RECORDING_RULES, ALERT_RULES, OVERRIDES]

/** The files that test the rules, relative to the project. */
export const ruleTests = (): string[] =>
  readdirSync(new URL('test/dashboards/rules/', root))
    .filter((name) => name.endsWith('.test.yml'))
    .map((name) => `test/dashboards/rules/${name}`)

/** One alert as it stands in the rule file: its own lines, joined where YAML folds them. */
export interface AlertText {
  readonly name: string
  readonly text: string
}

/** The alerts of the rule file, in its order. */
export function alerts(): AlertText[] {
  return textOf(ALERT_RULES)
    .split(/^ {6}- alert: /m)
    .slice(1)
    .map((text) => ({ name: text.slice(0, text.indexOf('\n')), text }))
}

/** The names that the recording rules and the overrides give. */
export function recordedNames(): Set<string> {
  const names = [RECORDING_RULES, OVERRIDES].flatMap((file) =>
    [...textOf(file).matchAll(/^ {6}- record: (\S+)$/gm)].map((match) => match[1] ?? ''),
  )
  return new Set(names)
}

/** The recorded names that a query or a text uses. */
export const usedNames = (text: string): string[] => text.match(/\bstorage_lock:\w+:\w+/g) ?? []
