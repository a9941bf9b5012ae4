import { befriend, call, makeGroup, PASSWORD, register } from '../api.ts'
import { expect, test } from '../people.ts'
import { conversation, field, message, open, say, signIn } from '../steps.ts'

test('a group of three is made, talks, and loses a member', async ({ visit, server }) => {
  const [ann, bob, eve] = await Promise.all(['Ann', 'Bob', 'Eve'].map((name) => register(server, `${name.toLowerCase()}_01`, name)))
  await befriend(server, ann!, bob!)
  await befriend(server, ann!, eve!)
  const pages = []
  for (const account of [ann!, bob!, eve!]) {
    const { page } = await visit(account.username)
    await signIn(page, account.username)
    pages.push(page)
  }
  const [a, b, e] = pages as [typeof pages[0], typeof pages[0], typeof pages[0]]

  await a.getByRole('button', { name: 'New conversation' }).click()
  await a.getByRole('menuitem', { name: 'New group' }).click()
  const dialog = a.getByRole('dialog')
  await dialog.getByLabel('Group name').fill('Wild geese')
  await dialog.getByText('Bob', { exact: true }).click()
  await dialog.getByText('Eve', { exact: true }).click()
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await expect(a.getByLabel('Messages in Wild geese')).toBeVisible()
  await say(a, 'welcome, all of you')

  await open(b, 'Wild geese')
  await expect(message(b, 'welcome, all of you')).toBeVisible()
  await expect(conversation(e, 'Wild geese')).toContainText('welcome, all of you')

  // Bob mentions Eve, who is told so in her list.
  const text = field(b)
  await text.pressSequentially('look here @Ev')
  await b.getByRole('option', { name: 'Eve' }).click()
  await text.press('Enter')
  await expect(conversation(e, 'Wild geese')).toContainText('@you')
  await open(e, 'Wild geese')
  await say(e, 'I saw it')
  await expect(message(a, 'I saw it')).toBeVisible()
  await expect(message(b, 'I saw it')).toBeVisible()

  await e.getByRole('link', { name: 'Details' }).or(e.getByRole('button', { name: 'Details' })).click()
  await e.getByRole('button', { name: 'Leave group' }).click()
  await e.getByRole('dialog').getByRole('button', { name: 'Leave group' }).click()
  await expect(conversation(e, 'Wild geese')).toHaveCount(0)
  await expect(a.getByText('2 members')).toBeVisible()
})

test('whoever holds an invitation sees where it leads, and comes in after signing in', async ({ visit, server }) => {
  const [ann, bob] = [await register(server, 'ann_01', 'Ann'), await register(server, 'bob_01', 'Bob')]
  const group = await makeGroup(server, ann, 'Wild geese', [])
  const { token } = await call(server, 'POST', `/groups/${group}/invites`, ann.token, {})
  const { page } = await visit('Bob')
  await page.goto(`/i/${token}`)
  await expect(page.getByRole('heading', { name: 'Wild geese' })).toBeVisible()
  await page.getByRole('button', { name: 'Sign in to join' }).click()
  await page.getByLabel('Username').fill(bob.username)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Join group' }).click()
  await say(page, 'I found the way')
  await expect(page.getByRole('article').filter({ hasText: 'I found the way' })).toBeVisible()
})
