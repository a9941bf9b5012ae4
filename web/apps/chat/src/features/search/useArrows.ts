import type { ShallowRef } from 'vue'

/** Up and down move through the results of a search, from and back to its field. */
export function useArrows(box: Readonly<ShallowRef<HTMLElement | null>>) {
  function onKeydown(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const stops = [...(box.value?.querySelectorAll<HTMLElement>('input[type=search], [data-result]') ?? [])]
    const at = stops.indexOf(document.activeElement as HTMLElement)
    const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)]
    if (at < 0 || !next) return
    event.preventDefault()
    next.focus()
  }
  return { onKeydown }
}
