import { h, toast } from './dom.js'

/** Where a trace opens: the address with `{traceId}` in it; undefined where traces are only copied. */
export type TraceUrl = string | undefined

/** The address of a trace; none for anything but http and https. */
export function traceAddress(template: TraceUrl, trace: string): string | undefined {
  if (template === undefined || !/^https?:\/\//i.test(template)) return undefined
  return template.replaceAll('{traceId}', encodeURIComponent(trace))
}

/** Copies text; where the browser has no clipboard for this page, by way of a selection. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const field = h('textarea', { readonly: true, 'aria-hidden': 'true', class: 'offscreen' })
    field.value = text
    document.body.append(field)
    field.select()
    document.execCommand('copy')
    field.remove()
  }
  toast(`Copied trace id ${text}`)
}

/** Opens the trace, or copies its id where no address is known. */
export function openOrCopy(template: TraceUrl, trace: string): void {
  const address = traceAddress(template, trace)
  if (address === undefined) void copy(trace)
  else window.open(address, '_blank', 'noopener')
}

/** The id with what can be done with it. */
export function traceControls(template: TraceUrl, trace: string, short = false): HTMLElement {
  const address = traceAddress(template, trace)
  const text = short ? `${trace.slice(0, 8)}…` : trace
  const id =
    address === undefined
      ? h('code', { title: trace }, text)
      : h(
          'a',
          { href: address, target: '_blank', rel: 'noopener noreferrer', title: trace },
          h('code', {}, text),
        )
  const button = h(
    'button',
    {
      type: 'button',
      class: 'small',
      'aria-label': `Copy trace id ${trace}`,
      onclick: () => void copy(trace),
    },
    'Copy',
  )
  return h('span', { class: 'trace' }, id, ' ', button)
}
