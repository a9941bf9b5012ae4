import { expect, test } from '../people.ts'
import { conversation, message, say } from '../steps.ts'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }

test.use({ couplesScreen: PHONE })

test('on a phone one thing is shown at a time, and nothing is wider than the screen', async ({ couple }) => {
  const { ann, bob } = couple
  await say(ann.page, 'from my pocket')
  await expect(message(bob.page, 'from my pocket')).toBeVisible()
  await expect(conversation(bob.page, 'Ann')).toBeHidden()
  await bob.page.getByRole('link', { name: 'Back to the conversations' }).or(bob.page.getByRole('button', { name: 'Back to the conversations' })).click()
  await expect(conversation(bob.page, 'Ann')).toContainText('from my pocket')
  for (const path of ['/', '/contacts', '/settings', '/settings/profile', '/contacts/add']) {
    await bob.page.goto(path)
    await expect(bob.page.getByRole('navigation').or(bob.page.getByRole('heading')).first()).toBeVisible()
    const [wide, screen] = await bob.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(wide, path).toBeLessThanOrEqual(screen!)
  }
})
