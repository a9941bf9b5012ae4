import type { Router } from 'vue-router'

/** Keeps the shell for when the server cannot be reached, and goes where a notification points. */
export function registerServiceWorker(router: Router): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  navigator.serviceWorker.addEventListener('message', (event: MessageEvent<{ type?: string, path?: string }>) => {
    if (event.data.type === 'open' && event.data.path) void router.push(event.data.path)
  })
  // Where it is not allowed (plain HTTP on another host, private windows) the pages work all the same.
  void navigator.serviceWorker.register('/sw.js').catch(() => undefined)
}
