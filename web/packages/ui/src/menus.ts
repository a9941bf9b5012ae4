import { shallowRef, type ShallowRef } from 'vue'
import type { Icon } from './icons'

export interface MenuItem {
  label: string
  icon?: Icon
  danger?: boolean
  /** A switch: shows whether it is on. */
  checked?: boolean
  disabled?: boolean
  run: () => void
}

export interface OpenMenu {
  readonly label: string
  readonly items: readonly MenuItem[]
  /** Where it opens: below an element, or at a point. */
  readonly at: DOMRect
  /** Gets the focus back. */
  readonly from: HTMLElement | null
}

export const openMenu: ShallowRef<OpenMenu | null> = shallowRef(null)

/**
 * Opens a menu beside an element, or where an event (a right click, a long press) happened. A label names it to screen readers.
 */
function open(where: HTMLElement | MouseEvent, items: readonly MenuItem[], label = ''): void {
  if (where instanceof HTMLElement) {
    openMenu.value = { label, items, at: where.getBoundingClientRect(), from: where }
    return
  }
  where.preventDefault()
  const target = where.target instanceof HTMLElement ? where.target : null
  const from = target?.closest<HTMLElement>('button, a, [tabindex]') ?? null
  const byKeyboard = where.clientX === 0 && where.clientY === 0
  const at = byKeyboard && target ? target.getBoundingClientRect() : new DOMRect(where.clientX, where.clientY, 0, 0)
  openMenu.value = { label, items, at, from }
}

function close(): void {
  openMenu.value = null
}

export function useMenus() {
  return { open, close }
}
