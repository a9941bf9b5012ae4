import { shallowRef, type ShallowRef } from 'vue'

export interface Toast {
  readonly key: number
  readonly text: string
  readonly kind: 'plain' | 'problem'
  readonly action?: { label: string, run: () => void }
}

/** How long a toast stays: time to read it, longer when it can be answered. */
const STAYS_MS = 4000
const ASKS_MS = 8000
/** More at once would be a wall. */
const AT_ONCE = 3

export const toasts: ShallowRef<readonly Toast[]> = shallowRef([])
let nextKey = 1

export function dismiss(key: number): void {
  toasts.value = toasts.value.filter((toast) => toast.key !== key)
}

function show(text: string, options: { kind?: Toast['kind'], action?: Toast['action'] } = {}): void {
  const toast: Toast = { key: nextKey++, text, kind: options.kind ?? 'plain', action: options.action }
  const others = toasts.value.filter((other) => other.text !== text)
  toasts.value = [...others, toast].slice(-AT_ONCE)
  setTimeout(() => dismiss(toast.key), options.action ? ASKS_MS : STAYS_MS)
}

/** Short words about what happened, that go by themselves. */
export function useToasts() {
  return { show, dismiss }
}
