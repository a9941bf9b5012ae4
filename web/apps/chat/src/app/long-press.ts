/** A finger that rests so long asks for the menu. */
const LONG_MS = 450
const SLACK_PX = 10

/** Listeners that tell of a long press, where the system has no `contextmenu` for it. The click behind it is swallowed. */
export function useLongPress(pressed: (event: PointerEvent) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let from = { x: 0, y: 0 }
  let done = false

  function stop(): void {
    clearTimeout(timer)
  }

  return {
    pointerdown(event: PointerEvent): void {
      done = false
      stop()
      if (event.pointerType !== 'touch') return
      from = { x: event.clientX, y: event.clientY }
      timer = setTimeout(() => {
        done = true
        pressed(event)
      }, LONG_MS)
    },
    pointermove(event: PointerEvent): void {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLACK_PX) stop()
    },
    pointerup: stop,
    pointercancel: stop,
    clickCapture(event: MouseEvent): void {
      if (done) event.preventDefault()
      if (done) event.stopPropagation()
      done = false
    },
  }
}
