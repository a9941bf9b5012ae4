import { befriend, register } from '../api.ts'
import { expect, test } from '../people.ts'
import { field, open, signIn } from '../steps.ts'

/** Compressed, of all scripts that somebody needs who signs in and opens a conversation. */
const MOST_BYTES = 150 * 1024

test('the first load is light, and the browser may keep it', async ({ server, visit }) => {
  const [ann, bob] = [await register(server, 'ann_01', 'Ann'), await register(server, 'bob_01', 'Bob')]
  const conversation = await befriend(server, ann, bob)
  // The worker fetches the rest of the pages behind their back.
  const { page } = await visit('Ann', { serviceWorkers: 'block' })
  const scripts = new Map<string, number>()
  const kept: string[] = []
  page.on('response', (response) => {
    if (!response.url().endsWith('.js')) return
    scripts.set(response.url(), Number(response.headers()['content-length'] ?? 0))
    if (response.headers()['cache-control']?.includes('immutable')) kept.push(response.url())
  })
  const answer = await page.goto('/')
  await signIn(page, ann.username)
  await open(page, 'Bob')
  await expect(field(page)).toBeVisible()
  expect(page.url()).toContain(`/c/${conversation}`)
  expect(answer?.headers()['content-security-policy']).toContain("script-src 'self'")
  const bytes = [...scripts.values()].reduce((sum, size) => sum + size, 0)
  console.log(`scripts of the first load: ${(bytes / 1024).toFixed(0)} KiB compressed`)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThan(MOST_BYTES)
  expect(kept.length).toBeGreaterThan(0)
})

test('the shell opens without a server', async ({ couple }) => {
  const { ann } = couple
  await ann.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  ann.expectOutage = true
  await ann.page.context().setOffline(true)
  await ann.page.reload()
  await expect(ann.page.getByRole('navigation')).toBeVisible()
  await ann.page.context().setOffline(false)
})
