import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Client, keyStoreOutbox, memoryKeyStore, type ConversationLog } from '../src'
import { FakeServer } from './fake-server'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (ms = 500) => vi.advanceTimersByTimeAsync(ms)

function page(server: FakeServer, keys = memoryKeyStore()): Client {
  const { fetch, connect } = server
  return new Client({ base: 'http://here', keys, outbox: keyStoreOutbox(keys), fetch, connect, random: () => 0, wakes: () => () => {} })
}

async function signedIn(server: FakeServer): Promise<Client> {
  const client = page(server)
  await client.signIn({ username: 'anna', password: 'secret' })
  await pass()
  return client
}

/** What a person reads: the words of the entries, then of what is on its way. */
function shown(log: ConversationLog): string[] {
  const { entries, pending } = log.view.value
  const words = entries.map((entry) => (entry.kind === 'message' && entry.body?.type === 'text' ? entry.body.text : entry.kind))
  return [...words, ...pending.map((item) => `(${item.draft.body.type === 'text' ? item.draft.body.text : 'file'})`)]
}

test('what the other says is shown, counted, announced and read', async () => {
  const server = new FakeServer()
  server.bob('hi')
  const client = await signedIn(server)
  const announced: number[] = []
  client.on('message', ({ entry }) => void announced.push(entry.seq))
  const log = client.open(7)
  await pass()
  expect([client.status.value, shown(log), client.totals.value.unread]).toEqual(['online', ['hi'], 1])
  server.bob('there')
  await pass()
  expect([shown(log), client.totals.value.unread, announced]).toEqual([['hi', 'there'], 2, [2]])
  log.markRead()
  expect(client.totals.value.unread).toBe(0)
  await pass()
  expect([server.read, client.conversation(7)?.read_seq]).toEqual([2, 2])
  expect(server.heard.filter((frame) => frame.type === 'ack').map((frame) => frame.seq)).toEqual([1, 2])
})

test('after a cut everything that was missed is there, changes of old messages too', async () => {
  const server = new FakeServer()
  server.bob('one')
  server.bob('two')
  const client = await signedIn(server)
  const log = client.open(7)
  await pass()
  server.cut()
  server.bob('three')
  server.bob({ type: 'edited', of: 1, body: { type: 'text', text: 'ONE' } })
  server.bob({ type: 'deleted', of: 2 })
  await pass(5_000)
  expect([client.status.value, shown(log)]).toEqual(['offline', ['one', 'two']])
  server.mend()
  await pass(60_000)
  expect([client.status.value, shown(log)]).toEqual(['online', ['ONE', 'three']])
  expect(client.conversation(7)).toMatchObject({ last_seq: 5, unread: 2 })
})

test('after a long cut the window begins anew at the end, and older pages are there for the asking', async () => {
  const server = new FakeServer()
  server.bob('first')
  const client = await signedIn(server)
  const log = client.open(7)
  await pass()
  server.cut()
  for (let i = 2; i <= 500; i++) server.bob(`m${i}`)
  server.mend()
  await pass(60_000)
  expect([shown(log).length, shown(log).at(-1), log.view.value.atStart]).toEqual([50, 'm500', false])
  while (!log.view.value.atStart) await log.loadOlder()
  expect(shown(log)[0]).toBe('first')
})

test('a live entry that was lost on the way is asked for', async () => {
  const server = new FakeServer()
  server.bob('a')
  const client = await signedIn(server)
  const log = client.open(7)
  await pass()
  server.log.say(2, 'lost')
  server.bob('c')
  await pass()
  expect([shown(log), client.conversation(7)?.unread]).toEqual([['a', 'lost', 'c'], 3])
})

test('what is said offline is shown at once and said once, also by the next page', async () => {
  const server = new FakeServer()
  server.bob('hi')
  const keys = memoryKeyStore()
  const client = page(server, keys)
  await client.signIn({ username: 'anna', password: 'secret' })
  const log = client.open(7)
  await pass()
  server.cut()
  log.sendText('a')
  log.sendText('b')
  await pass(10)
  expect(shown(log)).toEqual(['hi', '(a)', '(b)'])
  client.close()
  server.mend()
  const next = page(server, keys)
  await next.restore()
  const again = next.open(7)
  await pass(5_000)
  expect([shown(again), next.pending.value]).toEqual([['hi', 'a', 'b'], []])
  expect(server.log.head).toBe(3)
})

test('a message whose live entry was lost is shown once', async () => {
  const server = new FakeServer()
  server.bob('hi')
  const client = await signedIn(server)
  const log = client.open(7)
  await pass()
  vi.spyOn(server, 'tell').mockImplementationOnce(() => {})
  log.sendText('a')
  await pass()
  expect(shown(log)).toEqual(['hi', '(a)'])
  server.bob('b')
  await pass()
  expect(shown(log)).toEqual(['hi', 'a', 'b'])
  await pass(30_000)
  expect(client.pending.value).toEqual([])
})

test('names, contacts and requests follow what the server tells', async () => {
  const server = new FakeServer()
  server.bob('hi')
  const client = await signedIn(server)
  expect(client.nameOf(2)).toBe('bob')
  server.tell({ type: 'profile', account: 2, name: 'robert', avatar: '/r.png' })
  expect([client.nameOf(2), client.conversation(7)?.name]).toEqual(['robert', 'robert'])
  const stop = client.watchPresence([2])
  await pass()
  expect(server.heard.at(-1)).toEqual({ type: 'watch', accounts: [2] })
  server.tell({ type: 'presence', account: 2, online: true })
  expect(client.presence.value.get(2)?.online).toBe(true)
  stop()
  await pass()
  expect([server.heard.at(-1), client.presence.value.size]).toEqual([{ type: 'watch', accounts: [] }, 0])
})

test('a jump shows a window in the middle, which goes on to the end', async () => {
  const server = new FakeServer()
  for (let i = 1; i <= 300; i++) server.bob(`m${i}`)
  server.read = 300
  const client = await signedIn(server)
  const log = client.open(7)
  await pass()
  expect(await log.jumpTo(40)).toBe(true)
  expect(log.view.value).toMatchObject({ atStart: false, atEnd: false })
  server.bob('m301')
  expect(shown(log)).not.toContain('m301')
  while (!log.view.value.atEnd) await log.loadNewer()
  expect(shown(log).at(-1)).toBe('m301')
  server.bob('m302')
  expect(shown(log).at(-1)).toBe('m302')
})

test('a reaction is shown at once, and taken back when the server says no', async () => {
  const server = new FakeServer()
  server.bob('hi')
  const client = await signedIn(server)
  const log = client.open(7)
  await pass()
  server.fails.set('PUT /v1/conversations/7/messages/1/reactions/%F0%9F%91%8D', 403)
  const wish = log.react(1, '👍', true)
  expect(log.view.value.entries[0]).toMatchObject({ reactions: [{ emoji: '👍', accounts: [1] }] })
  await expect(wish).rejects.toMatchObject({ code: 'not_allowed' })
  expect(log.view.value.entries[0]).not.toHaveProperty('reactions')
})

test('settings of a conversation are taken back when the server says no', async () => {
  const server = new FakeServer()
  server.bob('hi')
  const client = await signedIn(server)
  server.fails.set('PATCH /v1/conversations/7', 403)
  const kept = client.keep(7, { pinned: true })
  expect(client.conversation(7)?.pinned).toBe(true)
  await expect(kept).rejects.toMatchObject({ status: 403 })
  expect(client.conversation(7)?.pinned).toBe(false)
})

test('who types is shown until it rests or speaks', async () => {
  const server = new FakeServer()
  server.bob('hi')
  const client = await signedIn(server)
  const typing = () => [...client.typing.value]
  server.tell({ type: 'typing', conversation: 7, account: 2 })
  expect(typing()).toEqual([[7, [2]]])
  server.bob('there')
  expect(typing()).toEqual([])
  server.tell({ type: 'typing', conversation: 7, account: 2 })
  await pass(6_000)
  expect(typing()).toEqual([])
})

test('a session that the server ends is over; one that a person ends says nothing', async () => {
  const server = new FakeServer()
  const client = await signedIn(server)
  const reasons: string[] = []
  client.on('ended', ({ reason }) => void reasons.push(reason))
  server.tell({ type: 'ended', reason: 'replaced' })
  await pass()
  expect([reasons, client.status.value, client.me.value]).toEqual([['replaced'], 'signed_out', null])
  await client.signIn({ username: 'anna', password: 'secret' })
  await pass()
  expect(client.status.value).toBe('online')
  await client.signOut()
  expect([reasons.length, client.status.value, client.conversations.value]).toEqual([1, 'signed_out', null])
})
