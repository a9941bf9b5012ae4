import { makeGroup, rename, say } from '../api.ts'
import { expect, test } from '../people.ts'
import { conversation, open } from '../steps.ts'

/** What would run if a page took text for markup. Each would leave a trace in `window.pwned`, ask for a foreign host, or open a dialog. */
const CORPUS = [
  '<script>window.pwned = 1</script>',
  '<img src=x onerror="window.pwned=1">',
  '<svg/onload=window.pwned=1>',
  '"><img src=//evil.example/a onerror=alert(1)>',
  "'\"></style><script>window.pwned=1</script>",
  '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
  '{{constructor.constructor("window.pwned=1")()}}',
  '${window.pwned=1}',
  'javascript:window.pwned=1',
  'https://x.example/"onmouseover="window.pwned=1',
  '[a](javascript:window.pwned=1)',
  '<a href="javascript:window.pwned=1">a</a>',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.pwned=1>',
  '\u202e<b>left</b>',
]

test('nothing that people write runs, in names or in messages', async ({ couple, server }) => {
  const { ann, bob, conversation: direct, accounts } = couple
  for (const text of CORPUS) await say(server, accounts.bob, direct, text)
  for (const text of CORPUS) {
    await rename(server, accounts.bob, { nickname: text.slice(0, 30), bio: text })
    const group = await makeGroup(server, accounts.bob, text.slice(0, 30), [accounts.ann])
    await say(server, accounts.bob, group, text)
  }
  await ann.page.reload()
  await expect(ann.page.getByRole('article').filter({ hasText: '[a](javascript' })).toBeVisible()
  const links = await ann.page.getByRole('article').getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')))
  expect(links.filter((link) => !/^https?:/.test(link ?? ''))).toEqual([])

  await ann.page.goto('/')
  await expect(conversation(ann.page, '<script>')).toBeVisible()
  for (const text of ['<script>window', '{{constructor']) {
    await open(ann.page, text).catch(() => conversation(ann.page, text).click())
    await ann.page.getByRole('link', { name: 'Details' }).or(ann.page.getByRole('button', { name: 'Details' })).first().click()
  }
  await ann.page.goto('/contacts')
  await expect(ann.page.getByText(CORPUS.at(-1)!.slice(0, 8)).first()).toBeAttached()
  await ann.page.keyboard.press('Control+k')
  const search = ann.page.getByRole('dialog')
  await search.getByRole('searchbox').or(search.getByRole('combobox')).fill('<script>')
  await expect(search).toContainText('<script>')
  for (const { page } of [ann, bob]) {
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false)
  }
})
