import path from 'node:path'
import { expect, test } from '../people.ts'
import { PASSWORD } from '../api.ts'
import { type Scene, scene } from './scene.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
}
const WORDS = { en: { locale: 'en-GB', in: 'Sign in', name: 'Username', pass: 'Password' }, zh: { locale: 'zh-CN', in: '登录', name: '用户名', pass: '密码' } }

/** What is shown, by address. */
function views({ direct, group }: Scene): [string, string][] {
  return [
    ['list', '/'], ['group', `/c/${group}`], ['direct', `/c/${direct}`], ['details', `/c/${group}/details`], ['contacts', '/contacts'],
    ['requests', '/contacts/requests'], ['code', '/contacts/code'], ['settings', '/settings/profile'], ['sessions', '/settings/sessions'],
  ]
}

for (const [size, screen] of Object.entries(SCREENS)) {
  for (const theme of ['light', 'dark'] as const) {
    for (const [language, words] of Object.entries(WORDS)) {
      test(`${size}, ${theme}, ${language}`, async ({ server, visit }) => {
        const town = await scene(server)
        const { page } = await visit('林雁', { ...screen, colorScheme: theme, locale: words.locale })
        const shoot = (name: string) => page.screenshot({ path: path.join(ROOT, 'target/screenshots', `${size}-${theme}-${language}-${name}.png`) })
        await page.goto('/')
        await expect(page.getByLabel(words.name)).toBeVisible()
        await shoot('sign-in')
        await page.getByLabel(words.name).fill(town.me.username)
        await page.getByLabel(words.pass, { exact: true }).fill(PASSWORD)
        await page.getByRole('button', { name: words.in, exact: true }).click()
        await expect(page.getByText('Sofia Rossi').first()).toBeVisible()
        for (const [name, address] of views(town)) {
          await page.goto(address)
          await page.waitForLoadState('networkidle')
          await expect(page.locator('[aria-busy=true]')).toHaveCount(0)
          await shoot(name)
        }
        if (language === 'en' && size === 'desktop' && theme === 'light') {
          await page.goto(`/c/${town.group}`)
          await expect(page.getByRole('article').last()).toBeVisible()
          await page.screenshot({ path: path.join(ROOT, 'docs/images/chat-desktop.png') })
        }
        if (language === 'zh' && size === 'phone' && theme === 'dark') {
          await page.goto(`/c/${town.group}`)
          await expect(page.getByRole('article').last()).toBeVisible()
          await page.screenshot({ path: path.join(ROOT, 'docs/images/chat-phone.png') })
        }
      })
    }
  }
}
