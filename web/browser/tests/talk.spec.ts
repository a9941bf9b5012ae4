import { texts } from '../api.ts'
import { expect, test } from '../people.ts'
import { choose, conversation, field, log, message, open, say, signUp } from '../steps.ts'

test('two newcomers register, become friends and talk', async ({ visit }) => {
  const [ann, bob] = [(await visit('Ann')).page, (await visit('Bob')).page]
  await signUp(ann, 'ann_01', 'Ann')
  await signUp(bob, 'bob_01', 'Bob')

  await ann.getByRole('link', { name: /^Contacts/ }).click()
  await ann.getByRole('link', { name: 'Add a friend' }).click()
  await ann.getByLabel('Username or number').fill('bob_01')
  await ann.getByLabel('Username or number').press('Enter')
  await ann.getByRole('button', { name: 'Add', exact: true }).click()
  await ann.getByRole('dialog').getByLabel('Message').fill('Geese fly together')
  await ann.getByRole('button', { name: 'Send request' }).click()

  await bob.getByRole('link', { name: /^Contacts/ }).click()
  await bob.getByRole('link', { name: /Friend requests/ }).click()
  await expect(bob.getByText('Geese fly together')).toBeVisible()
  await bob.getByRole('button', { name: 'Accept', exact: true }).first().click()
  await bob.getByRole('dialog').getByRole('button', { name: 'Accept', exact: true }).click()
  await expect(bob.getByText('Accepted')).toBeVisible()

  await ann.getByRole('link', { name: /^Chats/ }).click()
  await open(ann, 'Bob')
  await say(ann, 'hello, Bob')
  await bob.getByRole('link', { name: /^Chats/ }).click()
  await open(bob, 'Ann')
  await expect(message(bob, 'hello, Bob')).toBeVisible()
  await say(bob, '你好，Ann')
  await expect(message(ann, '你好，Ann')).toBeVisible()
  await expect(message(ann, 'hello, Bob').getByLabel('Read', { exact: true })).toBeVisible()

  for (const page of [ann, bob]) {
    await page.reload()
    await expect(message(page, 'hello, Bob')).toBeVisible()
    await expect(message(page, '你好，Ann')).toBeVisible()
  }
})

test('quote, edit, react, take back and delete reach the other browser', async ({ couple }) => {
  const { ann, bob } = couple
  await say(ann.page, 'first thought')
  await choose(bob.page, 'first thought', 'Reply')
  await say(bob.page, 'second thought')
  await expect(message(ann.page, 'second thought')).toContainText('first thought')

  await choose(ann.page, 'first thought', 'Edit')
  await field(ann.page).fill('better thought')
  await field(ann.page).press('Enter')
  await expect(message(bob.page, 'better thought').first()).toContainText('edited')

  await message(bob.page, 'better thought').first().hover()
  await message(bob.page, 'better thought').first().getByRole('button', { name: 'React' }).click()
  await bob.page.getByRole('button', { name: /^React with/ }).first().click()
  await expect(message(ann.page, 'better thought').first().getByRole('button', { name: /1: Bob/ })).toBeVisible()

  await choose(bob.page, 'second thought', 'Take back')
  await expect(log(ann.page, 'Bob').getByText('Bob took back a message')).toBeVisible()
  await expect(message(ann.page, 'second thought')).toHaveCount(0)

  await say(ann.page, 'for nobody')
  await expect(message(bob.page, 'for nobody')).toBeVisible()
  await choose(ann.page, 'for nobody', 'Delete for everyone')
  await ann.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(message(bob.page, 'for nobody')).toHaveCount(0)
  await bob.page.reload()
  await expect(message(bob.page, 'better thought').first()).toBeVisible()
  await expect(message(bob.page, 'for nobody')).toHaveCount(0)
})

test('a picture is pasted, seen before it is sent, and arrives', async ({ couple }) => {
  const { ann, bob } = couple
  await field(ann.page).evaluate(async (field) => {
    const canvas = new OffscreenCanvas(900, 600)
    const brush = canvas.getContext('2d')
    if (brush === null) throw new Error('no canvas')
    brush.fillStyle = 'teal'
    brush.fillRect(0, 0, 900, 600)
    const files = new DataTransfer()
    files.items.add(new File([await canvas.convertToBlob({ type: 'image/png' })], 'geese.png', { type: 'image/png' }))
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: files, bubbles: true, cancelable: true }))
  })
  const preview = ann.page.getByRole('dialog')
  await expect(preview.getByRole('img')).toBeVisible()
  await preview.getByRole('button', { name: 'Send', exact: true }).click()
  const picture = bob.page.getByRole('article').getByRole('img').last()
  await expect(picture).toBeVisible()
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
})

test('what is typed is told, and what is unread is counted', async ({ couple }) => {
  const { ann, bob } = couple
  await field(ann.page).pressSequentially('thinking')
  await expect(bob.page.getByText('typing…').first()).toBeVisible()

  await bob.page.getByRole('link', { name: /^Contacts/ }).click()
  await field(ann.page).press('Enter')
  await say(ann.page, 'and one more')
  await expect(bob.page.getByRole('link', { name: /^Chats/ })).toContainText('2')
  await bob.page.getByRole('link', { name: /^Chats/ }).click()
  await expect(conversation(bob.page, 'Ann')).toContainText('and one more')
  await open(bob.page, 'Ann')
  await expect(bob.page.getByRole('link', { name: /^Chats/ })).not.toContainText('2')
})

test('a draft waits where it was left', async ({ couple }) => {
  const { ann } = couple
  await field(ann.page).fill('not yet')
  await ann.page.getByRole('link', { name: /^Contacts/ }).click()
  await ann.page.getByRole('link', { name: /^Chats/ }).click()
  await expect(conversation(ann.page, 'Bob')).toContainText('not yet')
  await ann.page.reload()
  await open(ann.page, 'Bob')
  await expect(field(ann.page)).toHaveValue('not yet')
})

test('the server dies under them, and both end with the same log', async ({ couple, server }) => {
  const { ann, bob, conversation: id, accounts } = couple
  await say(ann.page, 'before')
  await expect(message(bob.page, 'before')).toBeVisible()
  ann.expectOutage = bob.expectOutage = true

  const back = server.killAndRestart()
  await say(ann.page, 'into the dark')
  await say(bob.page, 'from the dark')
  await back
  await say(ann.page, 'after')

  const said = ['before', 'into the dark', 'from the dark', 'after']
  for (const { page } of [ann, bob]) {
    for (const text of said) await expect(message(page, text)).toHaveCount(1, { timeout: 40_000 })
    await expect(page.getByLabel('Sending')).toHaveCount(0)
  }
  const stored = await texts(server, accounts.ann, id)
  expect([...stored].sort()).toEqual([...said].sort())
  for (const [person, name] of [[ann, 'Bob'], [bob, 'Ann']] as const) {
    const shown = await log(person.page, name).getByRole('article').allInnerTexts()
    expect(shown.map((text) => stored.findIndex((one) => text.includes(one)))).toEqual([0, 1, 2, 3])
  }
})
