import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Socket, type EndReason, type ServerFrame, type SocketOptions, type Transport } from '../src'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

class Wire implements Transport {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  readonly sent: { type: string, id?: number, token?: string }[] = []
  closed = false

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.closed = true
  }

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }

  welcome(): void {
    this.onopen?.()
    this.say({ type: 'welcome', account: 1, session: 1, now_ms: 0, heartbeat_s: 30 })
  }

  break(code = 1006): void {
    this.onclose?.({ code })
  }
}

function line(options: Partial<SocketOptions> = {}) {
  const wires: Wire[] = []
  const heard: ServerFrame[] = []
  const ended: (EndReason | 'expired')[] = []
  let wake = () => {}
  const socket = new Socket({
    url: 'ws://here/v1/socket',
    tokens: { access: () => 'old', refresh: async () => 'new' },
    heard: (frame) => void heard.push(frame),
    ended: (reason) => void ended.push(reason),
    connect: () => wires[wires.push(new Wire()) - 1]!,
    random: () => 0.5,
    wakes: (awake) => {
      wake = awake
      return () => {}
    },
    ...options,
  })
  return { socket, wires, heard, ended, wake: () => wake(), last: () => wires.at(-1)! }
}

test('it says hello, and is open when it is welcome', () => {
  const { socket, last } = line()
  socket.start()
  expect(socket.state.value).toBe('connecting')
  last().welcome()
  expect([socket.state.value, last().sent]).toEqual(['open', [{ type: 'hello', token: 'old' }]])
})

test('it comes back after pauses that double up to half a minute', () => {
  const { socket, wires, last } = line()
  socket.start()
  const pauses = Array.from({ length: 8 }, () => {
    last().break()
    const pause = (socket.retryAtMs.value ?? 0) - Date.now()
    vi.advanceTimersByTime(pause)
    return pause
  })
  expect(pauses).toEqual([750, 1250, 2250, 4250, 8250, 15250, 15250, 15250])
  expect(wires).toHaveLength(9)
})

test('a page that wakes up tries at once, and asks a line that seems alive', () => {
  const { socket, wires, wake, last } = line()
  socket.start()
  last().break()
  wake()
  expect(wires).toHaveLength(2)
  last().welcome()
  wake()
  expect(last().sent.at(-1)).toEqual({ type: 'ping' })
  vi.advanceTimersByTime(4_000)
  expect([socket.state.value, last().closed]).toEqual(['waiting', true])
})

test('a peer that answers no ping is dead, one that says anything is not', () => {
  const { socket, last } = line()
  socket.start()
  last().welcome()
  vi.advanceTimersByTime(30_000)
  last().say({ type: 'typing', conversation: 7, account: 2 })
  vi.advanceTimersByTime(29_999)
  expect(socket.state.value).toBe('open')
  vi.advanceTimersByTime(10_001)
  expect(socket.state.value).toBe('waiting')
})

test('a refused token is renewed and tried at once; the next refusal waits', async () => {
  const tokens = ['old', 'new', 'newer']
  let at = 0
  const { socket, wires, last } = line({ tokens: { access: () => tokens[at]!, refresh: async () => tokens[++at]! } })
  socket.start()
  last().break(4401)
  await vi.advanceTimersByTimeAsync(0)
  expect(wires).toHaveLength(2)
  last().onopen?.()
  expect(last().sent[0]).toMatchObject({ token: 'new' })
  last().break(4401)
  await vi.advanceTimersByTimeAsync(0)
  expect([wires.length, socket.state.value]).toEqual([2, 'waiting'])
})

test('what ends the session stops the socket', async () => {
  const cases: [(wire: Wire) => void, EndReason | 'expired'][] = [
    [(wire) => wire.say({ type: 'ended', reason: 'password_changed' }), 'password_changed'],
    [(wire) => wire.break(4001), 'replaced'],
    [(wire) => wire.break(4003), 'disabled'],
    [(wire) => wire.break(4401), 'expired'],
  ]
  for (const [happens, reason] of cases) {
    const { socket, wires, ended, last } = line({ tokens: { access: () => 'old', refresh: async () => null } })
    socket.start()
    last().welcome()
    happens(last())
    await vi.advanceTimersByTimeAsync(60_000)
    expect([ended, socket.state.value, wires.length]).toEqual([[reason], 'stopped', 1])
  }
})

test('without an answer the server could still give, a refusal to renew waits', async () => {
  const refresh = () => Promise.reject(new Error('no network'))
  const { socket, ended, last } = line({ tokens: { access: () => 'old', refresh } })
  socket.start()
  last().break(4401)
  await vi.advanceTimersByTimeAsync(0)
  expect([ended, socket.state.value]).toEqual([[], 'waiting'])
})

test('requests get their own answers; a problem, silence and a broken line reject them', async () => {
  const { socket, heard, last } = line()
  await expect(socket.request({ type: 'sync', positions: {} })).rejects.toMatchObject({ code: 'offline' })
  socket.start()
  last().welcome()
  const range = socket.request({ type: 'range', conversation: 7, after: 1, limit: 5 })
  const sync = socket.request({ type: 'sync', positions: { 7: 1 } })
  const page = { conversation: 7, items: [], last_seq: 1, first_seq: 1 }
  last().say({ type: 'entries', id: 2, ...page })
  last().say({ type: 'synced', id: 2, heads: { 7: 1 } })
  last().say({ type: 'entries', id: 1, ...page })
  await expect(sync).resolves.toMatchObject({ heads: { 7: 1 } })
  await expect(range).resolves.toMatchObject(page)
  expect(heard).toEqual([{ type: 'entries', id: 2, ...page }])

  const ask = () => socket.request({ type: 'send', conversation: 7, client_id: 'c', body: { type: 'text', text: 'a' } })
  const refused = ask()
  last().say({ type: 'problem', id: 3, code: 'muted', title: 'muted', status: 403 })
  await expect(refused).rejects.toMatchObject({ code: 'muted', passing: false })
  const silent = expect(ask()).rejects.toMatchObject({ code: 'timeout', passing: true })
  await vi.advanceTimersByTimeAsync(10_000)
  await silent
  const broken = expect(ask()).rejects.toMatchObject({ code: 'offline' })
  last().break()
  await broken
})

test('a stranger frame and noise are nothing', () => {
  const { socket, heard, last } = line()
  socket.start()
  last().welcome()
  last().onmessage?.({ data: '{' })
  last().onmessage?.({ data: new Uint8Array(2) })
  expect([socket.state.value, heard]).toEqual(['open', []])
})
