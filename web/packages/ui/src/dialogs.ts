import { type Component, defineAsyncComponent, shallowRef, type ShallowRef } from 'vue'
import ConfirmDialog from './components/ConfirmDialog.vue'

export interface Question {
  title: string
  text?: string
  /** What the button says that goes ahead. */
  action: string
  danger?: boolean
}

interface OpenDialog {
  readonly key: number
  readonly component: Component
  readonly props: Record<string, unknown>
  readonly close: (answer?: unknown) => void
}

type Lazy = () => Promise<{ default: Component }>

/** What is open, the newest last; `DialogHost` shows it. */
export const openDialogs: ShallowRef<readonly OpenDialog[]> = shallowRef([])
let nextKey = 1

/** Opens a dialog; answers what it emits with `close`. */
function open<T = void>(load: Lazy | Component, props: Record<string, unknown> = {}): Promise<T | undefined> {
  const component = typeof load === 'function' ? defineAsyncComponent(load as Lazy) : load
  return new Promise((resolve) => {
    const key = nextKey++
    const close = (answer?: unknown): void => {
      openDialogs.value = openDialogs.value.filter((dialog) => dialog.key !== key)
      resolve(answer as T | undefined)
    }
    openDialogs.value = [...openDialogs.value, { key, component, props, close }]
  })
}

async function confirm(question: Question): Promise<boolean> {
  return (await open<boolean>(ConfirmDialog, { ...question })) === true
}

/** Closes everything, as when the page behind is gone. */
function closeAll(): void {
  for (const dialog of openDialogs.value) dialog.close()
}

export function useDialogs() {
  return { open, confirm, closeAll }
}
