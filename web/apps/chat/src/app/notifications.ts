interface Notice {
  title: string
  text: string
  /** Where a press on it leads. */
  path: string
  icon?: string
  go: () => void
}

/** Whether somebody looks at this window. */
export function isAttended(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus()
}

export function mayNotify(): boolean {
  return 'Notification' in window && Notification.permission === 'granted'
}

/** Asks for leave to notify, when it was not answered before; answers whether it is given. */
export async function allowNotifications(): Promise<boolean> {
  if (!('Notification' in window)) return false
  return (await Notification.requestPermission()) === 'granted'
}

/** Shows a notification; a later one about the same place takes its place. */
export async function notify({ title, text, path, icon, go }: Notice): Promise<void> {
  const options = { body: text, tag: path, icon: icon || '/icons/icon-192.png', data: { path }, silent: true }
  const worker = await navigator.serviceWorker?.getRegistration()
  if (worker) return worker.showNotification(title, options)
  const shown = new Notification(title, options)
  shown.onclick = () => {
    window.focus()
    shown.close()
    go()
  }
}
