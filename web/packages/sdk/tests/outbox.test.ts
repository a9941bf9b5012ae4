import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keyStoreOutbox, memoryKeyStore, Outbox, Problem, type Draft, type Lock, type MediaBody, type Pending } from '../src'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const words = (text: string): Draft => ({ body: { type: 'text', text } })
const refusal = (status: number, code: string, retry_after_s?: number) => new Problem({ code, title: code, status, retry_after_s })

/** A server that answers as it is told, and notes what was said. */
class Line {
  readonly heard: string[] = []
  readonly seqs = new Map<string, number>()
  readonly answers: (Problem | 'lost')[] = []
  readonly uploads: { file: File, progress(part: number): void, done(body: MediaBody): void, fail(cause: unknown): void, signal: AbortSignal }[] = []
  readonly store = keyStoreOutbox(memoryKeyStore())
  readonly tries: number[] = []

  outbox(lock?: Lock): Outbox {
    return new Outbox({
      lock,
      random: () => 1,
      store: this.store,
      send: (item) => this.say(item),
      upload: (file, progress, signal) =>
        new Promise((done, fail) => void this.uploads.push({ file, progress, done, fail, signal })),
    })
  }

  async say(item: Pending): Promise<number> {
    this.tries.push(Date.now())
    const answer = this.answers.shift()
    if (answer instanceof Problem) throw answer
    const text = item.draft.body.type === 'text' ? item.draft.body.text : item.draft.body.type
    if (!this.seqs.has(item.clientId)) {
      this.heard.push(text)
      this.seqs.set(item.clientId, this.heard.length)
    }
    if (answer === 'lost') throw Problem.timeout()
    return this.seqs.get(item.clientId)!
  }
}

const states = (outbox: Outbox) => outbox.items.value.map((item) => item.state)
const settle = () => vi.advanceTimersByTimeAsync(0)

test('what is said offline leaves in order when the line is back', async () => {
  const line = new Line()
  const outbox = line.outbox()
  await outbox.open(1)
  for (const text of ['a', 'b', 'c']) outbox.add(7, words(text))
  await settle()
  expect([line.heard, states(outbox)]).toEqual([[], ['sending', 'sending', 'sending']])
  outbox.online(true)
  await settle()
  expect([line.heard, states(outbox)]).toEqual([['a', 'b', 'c'], ['sent', 'sent', 'sent']])
})

test('a lost answer is asked for again, and nothing is said twice or out of order', async () => {
  const line = new Line()
  const outbox = line.outbox()
  await outbox.open(1)
  outbox.online(true)
  line.answers.push('lost')
  for (const text of ['a', 'b']) outbox.add(7, words(text))
  await settle()
  expect(line.heard).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(5_000)
  expect([line.heard, states(outbox)]).toEqual([['a', 'b'], ['sent', 'sent']])
})

test('what the server refuses waits for the person; what comes behind it goes on', async () => {
  const line = new Line()
  const outbox = line.outbox()
  await outbox.open(1)
  outbox.online(true)
  line.answers.push(refusal(403, 'muted'))
  const first = outbox.add(7, words('a'))
  outbox.add(7, words('b'))
  await settle()
  expect(states(outbox)).toEqual(['failed', 'sent'])
  expect(outbox.items.value[0]?.problem).toMatchObject({ code: 'muted', status: 403 })
  outbox.retry(first)
  await settle()
  expect([line.heard, states(outbox)]).toEqual([['b', 'a'], ['sent', 'sent']])
})

test('too often: the outbox waits for as long as it is told', async () => {
  const line = new Line()
  const outbox = line.outbox()
  await outbox.open(1)
  outbox.online(true)
  line.answers.push(refusal(429, 'too_often', 7))
  outbox.add(7, words('a'))
  await vi.advanceTimersByTimeAsync(6_900)
  expect(line.heard).toEqual([])
  await vi.advanceTimersByTimeAsync(200)
  expect(line.heard).toEqual(['a'])
})

test('unsent messages outlive the page, each account has its own, and what arrived is forgotten', async () => {
  const line = new Line()
  const before = line.outbox()
  await before.open(1)
  const said = before.add(7, words('a'))
  before.add(7, words('b'))
  await settle()
  const after = line.outbox()
  await after.open(2)
  expect(after.items.value).toEqual([])
  await after.open(1)
  expect(after.items.value.map((item) => item.draft)).toEqual([words('a'), words('b')])
  after.arrived(said)
  after.online(true)
  await settle()
  const later = line.outbox()
  await later.open(1)
  expect([line.heard, later.items.value]).toEqual([['b'], []])
})

test('a file is uploaded, then sent with what the upload says and what the draft knew', async () => {
  const line = new Line()
  const outbox = line.outbox()
  await outbox.open(1)
  outbox.online(true)
  const voice = new File(['x'], 'v.ogg', { type: 'audio/ogg' })
  outbox.add(7, { body: { type: 'audio', url: '', duration_ms: 1200 } }, voice)
  await settle()
  line.uploads[0]?.progress(0.5)
  expect(outbox.items.value[0]).toMatchObject({ state: 'uploading', progress: 0.5 })
  line.uploads[0]?.done({ type: 'audio', url: '/f/v.ogg', size_bytes: 1 })
  await settle()
  expect(outbox.items.value[0]).toMatchObject({
    state: 'sent',
    draft: { body: { type: 'audio', url: '/f/v.ogg', size_bytes: 1, duration_ms: 1200 } },
  })
})

test('an upload that breaks with the line goes on with it; one that is too large fails; one can be ended', async () => {
  const line = new Line()
  const outbox = line.outbox()
  await outbox.open(1)
  outbox.online(true)
  const file = new File(['x'], 'a.bin')
  const draft: Draft = { body: { type: 'file', url: '' } }
  const first = outbox.add(7, draft, file)
  await settle()
  line.uploads[0]?.fail(Problem.offline())
  await vi.advanceTimersByTimeAsync(3_000)
  expect([states(outbox), line.uploads.length]).toEqual([['uploading'], 2])
  line.uploads[1]?.fail(refusal(413, 'too_large'))
  await settle()
  expect(states(outbox)).toEqual(['failed'])
  outbox.retry(first)
  await settle()
  outbox.discard(first)
  expect([line.uploads[2]?.signal.aborted, outbox.items.value]).toEqual([true, []])
})

test('a server in trouble is asked ever more seldom, and at once when the line is back', async () => {
  const line = new Line()
  const outbox = line.outbox()
  await outbox.open(1)
  outbox.online(true)
  for (let i = 0; i < 8; i++) line.answers.push(refusal(503, 'internal'))
  outbox.add(7, words('a'))
  await vi.advanceTimersByTimeAsync(150_000)
  outbox.add(7, words('b')) // waits with the other
  await settle()
  const pauses = line.tries.slice(1).map((at, i) => (at - line.tries[i]!) / 1000)
  expect(pauses).toEqual([2, 4, 8, 16, 32, 60])
  outbox.online(false)
  outbox.online(true)
  await vi.advanceTimersByTimeAsync(2_000)
  expect([line.heard, states(outbox)]).toEqual([['a', 'b'], ['sent', 'sent']])
})

test('two tabs say what is unsent once, and neither says what the other has discarded', async () => {
  const line = new Line()
  const before = line.outbox()
  await before.open(1)
  for (const text of ['a', 'b', 'c']) before.add(7, words(text))
  await settle()
  before.close()
  const lock = oneByOne()
  const tabs = [line.outbox(lock), line.outbox(lock)]
  for (const tab of tabs) await tab.open(1)
  tabs[0]!.discard(tabs[0]!.items.value[1]!.clientId)
  for (const tab of tabs) tab.online(true)
  await vi.advanceTimersByTimeAsync(60_000)
  expect([line.heard, line.tries.length]).toEqual([['a', 'c'], 2])
  expect(tabs.map((tab) => tab.items.value)).toEqual([[], []])
})

/** As the browser's locks: of those with one name the next begins when the one before it is done. */
function oneByOne(): Lock {
  const queues = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const turn = (queues.get(name) ?? Promise.resolve()).catch(() => undefined).then(work)
    queues.set(name, turn)
    return turn
  }
}
