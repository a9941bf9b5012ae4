/*
 * The offline shell. `BUILD` and `FILES` are written above by the build: the pages and assets of one build, which are
 * kept together and dropped together. Nothing that belongs to a person is kept here: only `/` and `/assets/`.
 */
const NAME = `shell-${BUILD}`

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOlder().then(() => self.clients.claim()))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate' && isPage(url.pathname)) event.respondWith(page(request))
  else if (url.pathname.startsWith('/assets/')) event.respondWith(asset(request))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(show(event.notification.data?.path ?? '/'))
})

async function keep() {
  const cache = await caches.open(NAME)
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'no-cache' })))
}

/** The build before this one stays: tabs that are open still ask for its lazy parts. */
async function dropOlder() {
  const names = (await caches.keys()).filter((name) => name.startsWith('shell-') && name !== NAME)
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)))
}

/** Which addresses are the chat's; others (`/docs`, `/admin`, files) are not ours to answer. */
function isPage(path) {
  return /^\/($|(c|contacts|groups|i|people|search|settings|sign-in|u)(\/|$))/.test(path)
}

/** The page from the server, or the one that is kept when it does not answer. */
async function page(request) {
  try {
    const answer = await fetch(request)
    return answer.status < 500 ? answer : ((await caches.match('/', { ignoreVary: true })) ?? answer)
  } catch {
    return (await caches.match('/', { ignoreVary: true })) ?? Response.error()
  }
}

/** Assets carry a hash in their name: what is kept is right for ever, whatever a proxy says that it varies by. */
async function asset(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
}

async function show(path) {
  const open = await self.clients.matchAll({ type: 'window' })
  const client = open.find((one) => one.visibilityState === 'visible') ?? open[0]
  if (!client) return self.clients.openWindow(path)
  client.postMessage({ type: 'open', path })
  return client.focus()
}
