/** The colours of the chart, read from the style sheet, so that both have one source. */
export interface Theme {
  readonly ground: string
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly stripe: string
  readonly wait: string
  readonly attempt: string
  readonly hold: string
  readonly holdEdge: string
  readonly release: string
  readonly bad: string
  readonly focus: string
  readonly font: string
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    ground: colour('panel'),
    text: colour('text'),
    muted: colour('muted'),
    line: colour('line'),
    stripe: colour('stripe'),
    wait: colour('wait'),
    attempt: colour('attempt'),
    hold: colour('hold'),
    holdEdge: colour('hold-edge'),
    release: colour('release'),
    bad: colour('bad'),
    focus: colour('focus'),
    font: colour('font'),
  }
}

/** Calls back when the colours change: another scheme, or the printer's. */
export function onThemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
  matchMedia('print').addEventListener('change', changed)
}
