import { expect, test } from '../people.ts'

/** Compressed, of what the first load needs. */
const MOST_BYTES = 150 * 1024

test('the first load is light, and the browser may keep it', async ({ visit }) => {
  const { page } = await visit('somebody')
  let bytes = 0
  const kept: string[] = []
  page.on('response', (response) => {
    if (!response.url().endsWith('.js') || response.url().endsWith('/sw.js')) return
    bytes += Number(response.headers()['content-length'] ?? 0)
    if (response.headers()['cache-control']?.includes('immutable')) kept.push(response.url())
  })
  const answer = await page.goto('/')
  await expect(page.getByLabel('Username')).toBeVisible()
  expect(answer?.headers()['content-security-policy']).toContain("script-src 'self'")
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
