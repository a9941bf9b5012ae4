import { onScopeDispose, shallowRef } from 'vue'
import { allowNotifications, notify } from '@/app/notifications'

type State = NotificationPermission | 'unsupported'

const read = (): State => ('Notification' in window ? Notification.permission : 'unsupported')

/** Whether the browser lets us notify; follows what is changed in its own settings. */
export function usePermission() {
  const state = shallowRef<State>(read())
  const look = (): void => { state.value = read() }
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => document.removeEventListener('visibilitychange', look))

  return {
    state,
    async ask(): Promise<boolean> {
      const allowed = await allowNotifications()
      look()
      return allowed
    },
    show: (words: { title: string, text: string }) => notify({ ...words, path: '/settings/notifications', go: () => window.focus() }),
  }
}
