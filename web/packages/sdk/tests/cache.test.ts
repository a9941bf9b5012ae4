import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Client, keyStoreOutbox, memoryEntries, memoryKeyStore, type ConversationLog } from '../src'
import { FakeServer } from './fake-server'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (ms = 500) => vi.advanceTimersByTimeAsync(ms)

/** A browser: what it keeps, and pages that are opened in it one after the other. */
class Browser {
  readonly keys = memoryKeyStore()
  readonly cache = memoryEntries()
  readonly #server: FakeServer

  constructor(server: FakeServer) {
    this.#server = server
  }

  page(): Client {
    const { keys, cache } = this
    const { fetch, connect } = this.#server
    return new Client({ base: 'http://here', keys, cache, outbox: keyStoreOutbox(keys), fetch, connect, random: () => 0, wakes: () => () => {} })
  }

  /** Signs in, reads the conversation, and closes the page. */
  async read(): Promise<void> {
    const client = this.page()
    await client.signIn({ username: 'anna', password: 'secret' })
    await pass()
    client.open(7).markRead()
    await pass(2_000)
    client.close()
  }
}

const words = (log: ConversationLog) =>
  log.view.value.entries.map((entry) => (entry.kind === 'message' && entry.body?.type === 'text' ? entry.body.text : entry.kind))

test('what was read is there without the server', async () => {
  const server = new FakeServer()
  server.bob('one')
  server.bob('two')
  const browser = new Browser(server)
  await browser.read()
  server.cut()
  const client = browser.page()
  await client.restore()
  const log = client.open(7)
  await pass(10)
  expect([words(log), log.view.value.ready, log.view.value.stale]).toEqual([['one', 'two'], true, true])
})

test('what is kept is shown before the server answers, and brought up to date: no entry twice, none missing', async () => {
  const server = new FakeServer()
  for (const text of ['one', 'two', 'three']) server.bob(text)
  const browser = new Browser(server)
  await browser.read()
  server.bob({ type: 'edited', of: 1, body: { type: 'text', text: 'ONE' } })
  server.bob({ type: 'deleted', of: 2 })
  server.bob('four')
  const client = browser.page()
  await client.restore()
  const log = client.open(7)
  const shown: string[] = []
  log.view.subscribe(() => shown.push(words(log).join(' ')))
  await pass()
  expect([shown[0], words(log), log.view.value.stale]).toEqual(['one two three', ['ONE', 'three', 'four'], false])
  expect(new Set(shown).size).toBe(shown.length - shown.filter((text, i) => text === shown[i - 1]).length) // nothing comes back
})

test('a conversation that is opened later is brought up to date by itself', async () => {
  const server = new FakeServer()
  server.bob('one')
  const browser = new Browser(server)
  await browser.read()
  server.bob('two')
  const client = browser.page()
  await client.restore()
  await pass()
  const log = client.open(7)
  await pass()
  expect([words(log), log.view.value.stale]).toEqual([['one', 'two'], false])
})

test('the last fifty are kept, and older ones are there for the asking', async () => {
  const server = new FakeServer()
  for (let i = 1; i <= 80; i++) server.bob(`m${i}`)
  server.read = 80
  const browser = new Browser(server)
  const client = browser.page()
  await client.signIn({ username: 'anna', password: 'secret' })
  await pass()
  const log = client.open(7)
  await pass()
  await log.loadOlder()
  await pass(2_000)
  expect(words(log)).toHaveLength(80)
  client.close()
  const next = browser.page()
  await next.restore()
  const again = next.open(7)
  await pass()
  expect([words(again).length, words(again)[0], again.view.value.atStart]).toEqual([50, 'm31', false])
  await again.loadOlder()
  expect(words(again)[0]).toBe('m1')
})

test('many unread messages are read from the first one on', async () => {
  const server = new FakeServer()
  for (let i = 1; i <= 10; i++) server.bob(`m${i}`)
  const browser = new Browser(server)
  await browser.read()
  for (let i = 11; i <= 400; i++) server.bob(`m${i}`)
  const client = browser.page()
  await client.restore()
  await pass()
  const log = client.open(7)
  await pass()
  expect(words(log)).toContain('m11')
  expect([log.view.value.atEnd, log.view.value.stale]).toEqual([false, false])
})

test('nothing stays behind after signing out', async () => {
  const server = new FakeServer()
  server.bob('one')
  const browser = new Browser(server)
  await browser.read()
  expect(await browser.cache.get(1, 7)).toMatchObject({ told: 1 })
  const client = browser.page()
  await client.restore()
  client.open(7)
  await pass()
  server.bob('two')
  await client.signOut()
  await pass(5_000)
  expect(await browser.cache.get(1, 7)).toBeUndefined()
})

test('who left a conversation keeps nothing of it and asks for nothing more', async () => {
  const server = new FakeServer()
  server.bob('one')
  const browser = new Browser(server)
  await browser.read()
  const client = browser.page()
  await client.restore()
  client.open(7)
  await pass()
  const asked = vi.spyOn(server, 'asked')
  server.tell({ type: 'conversation', conversation: 7 })
  server.tell({ type: 'left', conversation: 7 })
  await pass(5_000)
  expect([await browser.cache.get(1, 7), asked.mock.calls]).toEqual([undefined, []])
})

test('a server that was restored is believed, not what is kept', async () => {
  const server = new FakeServer()
  server.bob('one')
  server.bob('two')
  const browser = new Browser(server)
  await browser.read()
  const restored = new FakeServer()
  restored.bob('one')
  Object.assign(server, { fetch: restored.fetch, connect: restored.connect })
  const client = browser.page()
  await client.restore()
  const log = client.open(7)
  await pass(5_000)
  expect(words(log)).toEqual(['one'])
})
