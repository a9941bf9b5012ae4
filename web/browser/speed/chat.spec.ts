import type { Page } from '@playwright/test'
import { befriend, call, register } from '../api.ts'
import { expect, test } from '../people.ts'
import { signIn } from '../steps.ts'

const MESSAGES = 100_000
const AT_ONCE = 64
const ROUNDS = 7

test('the first paint, and a long conversation', async ({ server, visit }) => {
  const [ann, bob] = [await register(server, 'ann_01', 'Ann'), await register(server, 'bob_01', 'Bob')]
  const conversation = await befriend(server, ann, bob)
  let next = 0
  const write = async (): Promise<void> => {
    while (next < MESSAGES) {
      const text = `message ${(next += 1)} of a long friendship, 第 ${next} 封信`
      await call(server, 'POST', `/conversations/${conversation}/messages`, bob.token, { body: { type: 'text', text } })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, write))
  const { page } = await visit('Ann')
  await signIn(page, ann.username)

  const loads = []
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto('about:blank')
    await page.goto('/')
    await expect(page.getByRole('link').filter({ hasText: 'Bob' }).first()).toBeVisible()
    loads.push(await page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      list: performance.now(),
    })))
  }
  const opened = []
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto('/')
    await expect(page.getByRole('link').filter({ hasText: 'Bob' }).first()).toBeVisible()
    opened.push(await open(page))
  }
  console.log(`first contentful paint   ${spread(loads.map(({ paint }) => paint))} ms`)
  console.log(`conversation list shown  ${spread(loads.map(({ list }) => list))} ms`)
  console.log(`open ${MESSAGES} messages     ${spread(opened)} ms to the last page`)
})

/** Milliseconds from the click to the frame in which the newest message is drawn. */
async function open(page: Page): Promise<number> {
  return page.evaluate(() => new Promise<number>((done) => {
    const link = [...document.querySelectorAll<HTMLAnchorElement>('a[href^="/c/"]')].find((one) => one.innerText.includes('Bob'))
    const start = performance.now()
    const look = (): void => {
      const shown = [...document.querySelectorAll('[role=article]')].some((one) => one.textContent?.includes('message '))
      if (shown) done(performance.now() - start)
      else requestAnimationFrame(look)
    }
    link?.click()
    requestAnimationFrame(look)
  }))
}

function spread(values: number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  return `p50 ${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} max ${sorted.at(-1)?.toFixed(0)}`
}
