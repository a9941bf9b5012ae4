import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { makeGroup } from '../api.ts'
import { expect, test } from '../people.ts'
import { field, say } from '../steps.ts'

/** Findings of the two kinds that keep somebody out. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

for (const theme of ['light', 'dark'] as const) {
  test(`no serious finding of accessibility, ${theme}`, async ({ visit, couple, server }) => {
    const stranger = await visit('somebody', { colorScheme: theme })
    await stranger.page.goto('/')
    await expect(stranger.page.getByLabel('Username')).toBeVisible()
    expect.soft(await findings(stranger.page), 'signing in').toEqual([])

    const { ann, accounts } = couple
    await ann.page.emulateMedia({ colorScheme: theme })
    await say(ann.page, 'seen by everybody, see https://example.org/')
    const group = await makeGroup(server, accounts.ann, 'Geese', [accounts.bob])
    const paths = [
      ann.page.url(), `/c/${group}`, `/c/${group}/details`, '/contacts', '/contacts/add', '/contacts/requests',
      '/groups', '/settings', '/settings/profile', '/settings/privacy', '/settings/sessions', '/settings/appearance',
    ]
    for (const path of paths) {
      await ann.page.goto(path)
      await expect(ann.page.getByRole('navigation', { name: 'Main navigation' })).toBeVisible()
      await expect(ann.page.locator('[aria-busy=true]')).toHaveCount(0)
      expect.soft(await findings(ann.page), path).toEqual([])
    }
  })
}

test('the keyboard alone finds a conversation, writes, and goes back', async ({ couple }) => {
  const { ann, bob } = couple
  await ann.page.goto('/')
  await ann.page.getByRole('link').filter({ hasText: 'Bob' }).first().focus()
  await ann.page.keyboard.press('Enter')
  await expect(field(ann.page)).toBeFocused()
  await ann.page.keyboard.type('without a mouse')
  await ann.page.keyboard.press('Enter')
  await expect(bob.page.getByRole('article').filter({ hasText: 'without a mouse' })).toBeVisible()
})
