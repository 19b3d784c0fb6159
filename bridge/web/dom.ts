import { cutAt } from '../src/report/model/format.js'

/** Makes elements. Text is only ever set as text, so an id that looks like markup shows as itself. */

type Child = Node | string | undefined
type Properties = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>

/** `on…` properties are listeners; the others attributes, `true` an empty one, `undefined` and `false` none. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value))
  }
  for (const child of children) if (child !== undefined) element.append(child)
  return element
}

/** An id in two parts, of which the style sheet shortens the first: ids of a kind differ at their ends. */
export function ended(id: string): readonly Node[] {
  const [head, tail] = cutAt(id, id.length - TAIL)
  if (id.length <= TAIL * 2) return [h('span', { class: 'tail' }, id)]
  return [h('span', { class: 'head' }, head), h('span', { class: 'tail' }, tail)]
}

const TAIL = 7

/** Replaces what is in an element. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== undefined))
}

/** Redraws something that may have the focus in it, and gives it back: elements with the same `data-key` are one. */
export function keepingFocus(redraw: () => void): void {
  const active = document.activeElement
  const key = active instanceof HTMLElement ? active.dataset['key'] : undefined
  redraw()
  if (key === undefined || document.activeElement === active) return
  document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true })
}

/** Does the work of many calls once, before the next frame. */
export function oncePerFrame(work: () => void): () => void {
  let waiting = false
  return () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => {
      waiting = false
      work()
    })
  }
}

/** Tells a screen reader something. */
export function announce(text: string): void {
  const live = document.getElementById('announcer')
  if (live !== null) live.textContent = text
}

/** A short message at the foot of the page. */
export function toast(text: string): void {
  const element = document.getElementById('toast')
  if (element === null) return
  element.textContent = text
  element.classList.add('shown')
  clearTimeout(toastTimer)
  toastTimer = window.setTimeout(() => element.classList.remove('shown'), 2500)
}

let toastTimer = 0
