import { expect, type Locator, type Page } from '@playwright/test'
import { PASSWORD } from './api.ts'

/** What people do on the pages, in the words that they read there. */

export async function signUp(page: Page, username: string, nickname: string): Promise<void> {
  await page.goto('/')
  await page.getByRole('button', { name: 'Create an account' }).click()
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByLabel('Nickname').fill(nickname)
  await page.getByRole('button', { name: 'Sign up', exact: true }).click()
  await expect(page.getByRole('navigation').first()).toBeVisible()
}

export async function signIn(page: Page, username: string): Promise<void> {
  await page.goto('/')
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('navigation').first()).toBeVisible()
}

/** Opens a conversation from the list. */
export async function open(page: Page, name: string): Promise<void> {
  await conversation(page, name).click()
  await expect(log(page, name)).toBeVisible()
}

/** Its line in the list. */
export function conversation(page: Page, name: string): Locator {
  return page.getByLabel('Conversations', { exact: true }).getByRole('link').filter({ hasText: name }).first()
}

/** What was said in the open conversation. */
export function log(page: Page, name: string): Locator {
  return page.getByLabel(`Messages in ${name}`)
}

/** A message in the open conversation. */
export function message(page: Page, text: string): Locator {
  return page.getByRole('article').filter({ hasText: text })
}

/** Where one writes; in groups it offers names as well. */
export function field(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Message' }).or(page.getByRole('combobox', { name: 'Message' }))
}

export async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text)
  await field(page).press('Enter')
  await expect(field(page)).toHaveValue('')
}

/** Chooses from a message's menu. */
export async function choose(page: Page, text: string, action: string): Promise<void> {
  await message(page, text).first().click({ button: 'right' })
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}
