import type { Answers, ClientFrame, EndReason, EntriesFrame, LiveFrame, RequestFrame, ServerFrame } from './frames'
import type { Tokens } from './http'
import { Problem } from './problem'
import { Cell, type Watchable } from './watchable'

/** What is used of a WebSocket. */
export interface Transport {
  send(text: string): void
  close(code?: number): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

export type SocketState = 'stopped' | 'connecting' | 'open' | 'waiting'

export interface SocketOptions {
  url: string
  tokens: Tokens
  /** A live frame, or entries that a sync brings. */
  heard(frame: LiveFrame | EntriesFrame): void
  /** The session is over; the socket has stopped. */
  ended(reason: EndReason | 'expired'): void
  connect?(url: string): Transport
  /** 0 ≤ x < 1. */
  random?(): number
  /** Calls `awake` when the network or the page comes back; the answer ends it. */
  wakes?(awake: () => void): () => void
}

/** The pause before the first attempt to come back, at most; it doubles with each one that fails. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** No pause is shorter: a server that starts again is not met by everybody in the same moment. */
const SHORTEST_PAUSE_MS = 500
/** Who stayed for so long begins anew with short pauses. */
const SETTLED_MS = 10_000
/** How long hello, a ping or a request may stay without an answer. */
const ANSWER_MS = 10_000
/** After a wake the line is probably dead: found out faster. */
const PROBE_MS = 4_000
/** Closed because the token was not taken. */
const BAD_TOKEN = 4401
/** Closed for good when no `ended` frame told why. */
const ENDED: Record<number, EndReason> = { 4001: 'replaced', 4002: 'signed_out', 4003: 'disabled' }

interface Waiter {
  until: ServerFrame['type']
  done(frame: ServerFrame): void
  fail(problem: Problem): void
  timer: ReturnType<typeof setTimeout>
}

/** The socket that comes back by itself. What was missed meanwhile is the caller's to ask for, when the state turns `open`. */
export class Socket {
  readonly state: Watchable<SocketState>
  /** When the next attempt is due, while `waiting`. */
  readonly retryAtMs: Watchable<number | null>
  readonly #state = new Cell<SocketState>('stopped')
  readonly #retryAtMs = new Cell<number | null>(null)
  readonly #options: SocketOptions
  readonly #waiters = new Map<number, Waiter>()
  #transport: Transport | null = null
  #token: string | null = null
  #failures = 0
  #refused = 0
  #nextId = 1
  #openedMs = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #heartbeat: ReturnType<typeof setInterval> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined
  #stopWaking: (() => void) | undefined

  constructor(options: SocketOptions) {
    this.#options = options
    this.state = this.#state
    this.retryAtMs = this.#retryAtMs
  }

  start(): void {
    if (this.#state.value !== 'stopped') return
    this.#stopWaking = (this.#options.wakes ?? browserWakes)(() => this.wake())
    this.#failures = 0
    this.#connect()
  }

  stop(): void {
    this.#stopWaking?.()
    this.#drop(1000)
    this.#retryAtMs.set(null)
    this.#state.set('stopped')
  }

  /** Tries at once, or finds out whether the line still lives. */
  wake(): void {
    if (this.#state.value === 'waiting') this.#connect()
    else if (this.#state.value === 'open') this.#ping(PROBE_MS)
  }

  /** Says whether the frame left; one that did not is not kept. */
  send(frame: ClientFrame): boolean {
    if (this.#state.value !== 'open') return false
    this.#write(frame)
    return true
  }

  request<F extends RequestFrame>(frame: F, timeoutMs = ANSWER_MS): Promise<Answers[F['type']]> {
    if (this.#state.value !== 'open') return Promise.reject(Problem.offline())
    const id = this.#nextId++
    return new Promise<ServerFrame>((done, fail) => {
      const timer = setTimeout(() => this.#settle(id, (waiter) => waiter.fail(Problem.timeout())), timeoutMs)
      this.#waiters.set(id, { until: UNTIL[frame.type], done, fail, timer })
      this.#write({ ...frame, id })
    }) as Promise<Answers[F['type']]>
  }

  #connect(): void {
    clearTimeout(this.#retry)
    this.#retryAtMs.set(null)
    this.#token = this.#options.tokens.access()
    if (this.#token === null) return this.#end('expired')
    this.#state.set('connecting')
    const transport = (this.#options.connect ?? browserTransport)(this.#options.url)
    this.#transport = transport
    transport.onopen = () => this.#write({ type: 'hello', token: this.#token ?? '' })
    transport.onmessage = (event) => this.#receive(event.data)
    transport.onclose = (event) => this.#closed(event.code)
    this.#expect(ANSWER_MS)
  }

  #receive(data: unknown): void {
    clearTimeout(this.#deadline)
    const frame = parse(data)
    if (!frame) return
    if (this.#state.value === 'connecting') {
      if (frame.type === 'welcome') this.#welcomed(frame.heartbeat_s * 1000)
      return
    }
    if (frame.type === 'ended') return this.#told(frame.reason)
    const answers = 'id' in frame && frame.id !== undefined && frame.type !== 'request' && this.#answered(frame.id, frame)
    if (!answers && isHeard(frame)) this.#options.heard(frame)
  }

  #welcomed(heartbeatMs: number): void {
    this.#openedMs = Date.now()
    this.#refused = 0
    this.#heartbeat = setInterval(() => this.#ping(ANSWER_MS), heartbeatMs)
    this.#state.set('open')
  }

  /** Whether somebody waited for this frame. */
  #answered(id: number, frame: ServerFrame): boolean {
    if (frame.type === 'problem') return this.#settle(id, (waiter) => waiter.fail(new Problem(frame)))
    if (this.#waiters.get(id)?.until !== frame.type) return false
    return this.#settle(id, (waiter) => waiter.done(frame))
  }

  #settle(id: number, how: (waiter: Waiter) => void): boolean {
    const waiter = this.#waiters.get(id)
    if (!waiter) return false
    clearTimeout(waiter.timer)
    this.#waiters.delete(id)
    how(waiter)
    return true
  }

  #closed(code: number): void {
    const settled = this.#state.value === 'open' && Date.now() - this.#openedMs >= SETTLED_MS
    if (settled) this.#failures = 0
    this.#drop()
    if (code === BAD_TOKEN) return void this.#renew()
    const reason = ENDED[code]
    if (reason) return this.#told(reason)
    this.#wait()
  }

  /** The token is too old; a new one is tried at once, but not for ever. */
  async #renew(): Promise<void> {
    this.#state.set('connecting')
    this.#refused += 1
    try {
      const token = await this.#options.tokens.refresh(this.#token ?? '')
      if (this.#state.value === 'stopped') return
      if (token === null) return this.#end('expired')
      if (this.#refused > 1) this.#wait()
      else this.#connect()
    } catch {
      if (this.#state.value !== 'stopped') this.#wait()
    }
  }

  #told(reason: EndReason): void {
    if (reason !== 'converted') return this.#end(reason)
    this.#drop(1000) // another tab registered the visitor: its new session is in the store, or will be
    this.#wait()
  }

  #end(reason: EndReason | 'expired'): void {
    this.stop()
    this.#options.ended(reason)
  }

  #wait(): void {
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures)
    const random = (this.#options.random ?? Math.random)()
    const pause = SHORTEST_PAUSE_MS + random * (ceiling - SHORTEST_PAUSE_MS)
    this.#failures += 1
    this.#retryAtMs.set(Date.now() + pause)
    this.#retry = setTimeout(() => this.#connect(), pause)
    this.#state.set('waiting')
  }

  #ping(patienceMs: number): void {
    this.#write({ type: 'ping' })
    this.#expect(patienceMs)
  }

  /** Anything at all has to come in time, or the peer is dead. */
  #expect(patienceMs: number): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#closed(1006), patienceMs)
  }

  #write(frame: object): void {
    try {
      this.#transport?.send(JSON.stringify(frame))
    } catch {
      // The transport is closing: `onclose` comes.
    }
  }

  /** Lets go of the transport and of everybody who waits for it. */
  #drop(code?: number): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#deadline)
    clearInterval(this.#heartbeat)
    const transport = this.#transport
    this.#transport = null
    if (transport) {
      transport.onopen = transport.onmessage = transport.onclose = null
      transport.close(code)
    }
    for (const id of [...this.#waiters.keys()]) this.#settle(id, (waiter) => waiter.fail(Problem.offline()))
  }
}

const UNTIL = { sync: 'synced', range: 'entries', send: 'sent' } as const

const NOT_HEARD = new Set<ServerFrame['type']>(['welcome', 'pong', 'done', 'problem', 'ended', 'synced', 'sent'])

function isHeard(frame: ServerFrame): frame is LiveFrame | EntriesFrame {
  return !NOT_HEARD.has(frame.type)
}

function parse(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null
  try {
    return JSON.parse(data) as ServerFrame
  } catch {
    return null
  }
}

function browserTransport(url: string): Transport {
  const socket: unknown = new WebSocket(url) // its handlers take a `this`, which `Transport` leaves out
  return socket as Transport
}

function browserWakes(awake: () => void): () => void {
  if (typeof document === 'undefined') return () => undefined
  const visible = () => document.visibilityState === 'visible' && awake()
  addEventListener('online', awake)
  addEventListener('pageshow', awake)
  document.addEventListener('visibilitychange', visible)
  return () => {
    removeEventListener('online', awake)
    removeEventListener('pageshow', awake)
    document.removeEventListener('visibilitychange', visible)
  }
}
