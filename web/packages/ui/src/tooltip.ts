import type { Directive } from 'vue'

/** How long the pointer rests before a tooltip shows. */
const REST_MS = 500

let bubble: HTMLElement | undefined
let timer: ReturnType<typeof setTimeout> | undefined

/** `v-tooltip="text"`: a short text beside what the pointer rests on or the keyboard stands on. It repeats the label. */
export const tooltip: Directive<HTMLElement, string> = {
  mounted(element, { value }) {
    element.dataset.tip = value
    element.addEventListener('pointerenter', onEnter)
    element.addEventListener('pointerleave', hide)
    element.addEventListener('pointerdown', hide)
    element.addEventListener('focus', onFocus)
    element.addEventListener('blur', hide)
  },
  updated(element, { value }) {
    element.dataset.tip = value
  },
  beforeUnmount: hide,
}

function onEnter(event: PointerEvent): void {
  const element = event.currentTarget as HTMLElement
  if (event.pointerType === 'mouse') plan(element)
}

function onFocus(event: FocusEvent): void {
  const element = event.currentTarget as HTMLElement
  if (element.matches(':focus-visible')) plan(element)
}

function plan(element: HTMLElement): void {
  clearTimeout(timer)
  timer = setTimeout(() => show(element), REST_MS)
}

function show(element: HTMLElement): void {
  const text = element.dataset.tip
  if (!text || !element.isConnected) return
  hide()
  bubble = document.createElement('div')
  bubble.className = 'tooltip'
  bubble.setAttribute('aria-hidden', 'true') // the label says the same
  bubble.popover = 'manual'
  bubble.textContent = text
  document.body.append(bubble)
  bubble.showPopover()
  place(bubble, element.getBoundingClientRect())
}

function place(tip: HTMLElement, at: DOMRect): void {
  const size = tip.getBoundingClientRect()
  const left = Math.min(Math.max(6, at.left + at.width / 2 - size.width / 2), innerWidth - size.width - 6)
  const below = at.bottom + 6
  const top = below + size.height < innerHeight ? below : at.top - size.height - 6
  tip.style.left = `${left}px`
  tip.style.top = `${top}px`
}

function hide(): void {
  clearTimeout(timer)
  bubble?.remove()
  bubble = undefined
}
