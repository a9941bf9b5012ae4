import { type Browser, type BrowserContext, type ConsoleMessage, expect, type Page, test as base } from '@playwright/test'
import { type Account, befriend, register } from './api.ts'
import { Server } from './server.ts'
import { field, signIn } from './steps.ts'

/** Somebody with a browser of their own, in which nothing may go wrong unseen. */
export class Person {
  /** What the page said that it should not have, and hosts that it should not have asked. */
  readonly faults: string[] = []
  /** Said while the server is gone; a page cannot keep Chromium from writing these. */
  expectOutage = false

  readonly name: string
  readonly page: Page
  private readonly context: BrowserContext

  private constructor(name: string, page: Page, context: BrowserContext) {
    this.name = name
    this.page = page
    this.context = context
  }

  static async open(browser: Browser, server: Server, name: string, options = {}): Promise<Person> {
    const context = await browser.newContext({
      baseURL: server.url,
      permissions: ['notifications', 'clipboard-read', 'clipboard-write'],
      ...options,
    })
    const person = new Person(name, await context.newPage(), context)
    person.watch(server)
    return person
  }

  private watch(server: Server): void {
    const own = new URL(server.url).host
    this.page.on('request', (request) => {
      const url = new URL(request.url())
      const inside = ['data:', 'blob:'].includes(url.protocol) || url.host === own
      if (!inside) this.faults.push(`asked ${request.url()}`)
    })
    this.page.on('pageerror', (error) => this.faults.push(`threw ${error.message}`))
    this.page.on('dialog', (dialog) => {
      this.faults.push(`a dialog said ${dialog.message()}`)
      void dialog.dismiss()
    })
    this.page.on('console', (message) => {
      if (isFault(message) && !(this.expectOutage && isOutage(message))) this.faults.push(message.text())
    })
  }

  /** Closes the browser, and says what went wrong in it. */
  async leave(): Promise<void> {
    await this.context.close()
    expect(this.faults, `${this.name}'s browser`).toEqual([])
  }
}

function isFault(message: ConsoleMessage): boolean {
  const ours = !message.text().endsWith('blocked by Playwright') // a test may keep the service worker out
  return ours && ['error', 'warning'].includes(message.type())
}

function isOutage(message: ConsoleMessage): boolean {
  return /ERR_CONNECTION|ERR_INTERNET_DISCONNECTED|ERR_EMPTY_RESPONSE|WebSocket connection to|ERR_SOCKET/.test(message.text())
}

/** Two friends who have their conversation open, each in a browser. */
interface Couple {
  ann: Person
  bob: Person
  accounts: { ann: Account, bob: Account }
  conversation: number
}

interface Stage {
  server: Server
  couple: Couple
  /** What the browsers of the couple are like. */
  couplesScreen: object
  /** Opens a browser for somebody; it is closed, and its faults are told, at the end of the test. */
  visit: (name: string, options?: object) => Promise<Person>
}

/** A test with a server of its own. */
export const test = base.extend<Stage>({
  server: async ({}, use) => {
    const server = await Server.start()
    await use(server)
    await server.stop()
  },
  visit: async ({ browser, server }, use) => {
    const people: Person[] = []
    await use(async (name, options) => {
      const person = await Person.open(browser, server, name, options)
      people.push(person)
      return person
    })
    for (const person of people) await person.leave()
  },
  couplesScreen: [{}, { option: true }],
  couple: async ({ server, visit, couplesScreen }, use) => {
    const ann = await register(server, 'ann_01', 'Ann')
    const bob = await register(server, 'bob_01', 'Bob')
    const conversation = await befriend(server, ann, bob)
    const enter = async (account: Account, name: string): Promise<Person> => {
      const person = await visit(name, couplesScreen)
      await signIn(person.page, account.username)
      await person.page.goto(`/c/${conversation}`)
      await expect(field(person.page)).toBeVisible()
      return person
    }
    await use({ ann: await enter(ann, 'Ann'), bob: await enter(bob, 'Bob'), accounts: { ann, bob }, conversation })
  },
})

export { expect }
