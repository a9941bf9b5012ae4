import type { Conversation, Entry, LiveFrame, Me, Signed, Transport } from '../src'
import { LogServer } from './log-server'

const person = (id: number, name: string) => ({ id, uuid: name, name, avatar: '', role: 'user' as const })
export const ann: Me = { ...person(1, 'ann'), username: 'anna', nickname: 'ann', created_ms: 0, merchant: false }
const bob = person(2, 'bob')

interface Frame {
  type: string
  id?: number
  seq?: number
  client_id?: string
  positions?: Record<string, number>
  body?: { text?: string }
}

/** The one conversation of ann and bob, number 7, behind HTTP and a socket that the test may cut. */
export class FakeServer {
  readonly log = new LogServer()
  readonly heard: Frame[] = []
  readonly fails = new Map<string, number>()
  reachable = true
  read = 0
  /** Hears of each question; for spies. */
  asked(_route: string): void {}
  #wire: Transport | null = null
  readonly #said = new Map<string, Entry>()

  readonly fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    if (!this.reachable) throw new TypeError('failed to fetch')
    const { pathname, searchParams } = new URL(String(url))
    const route = `${init.method} ${pathname}`
    this.asked(route)
    const failure = this.fails.get(route)
    if (failure) return json(failure, { code: 'not_allowed', title: 'not allowed', status: failure })
    const at = (name: string) => (searchParams.has(name) ? Number(searchParams.get(name)) : undefined)
    switch (route) {
      case 'POST /v1/sessions':
        return json(201, signed)
      case 'GET /v1/conversations':
        return json(200, { items: [this.conversation()], next: null })
      case 'GET /v1/conversations/7':
        return json(200, this.conversation())
      case 'GET /v1/conversations/7/entries':
        return json(200, this.log.page({ before: at('before'), after: at('after'), around: at('around') }, at('limit') ?? 50))
      case 'DELETE /v1/sessions/current':
        return new Response(null, { status: 204 })
    }
    if (init.method === 'PUT' && pathname.includes('/reactions/')) return new Response(null, { status: 204 })
    return json(404, { code: 'not_found', title: 'not found', status: 404 })
  }

  readonly connect = (): Transport => {
    const wire: Transport = {
      onopen: null,
      onmessage: null,
      onclose: null,
      send: (text) => this.#frame(wire, JSON.parse(text)),
      close: () => undefined,
    }
    queueMicrotask(() => (this.reachable ? wire.onopen?.() : wire.onclose?.({ code: 1006 })))
    return wire
  }

  /** Says something for bob, or does something to a message of his; ann hears it if she can. */
  bob(what: string | Parameters<LogServer['change']>[1]): Entry {
    const entry = typeof what === 'string' ? this.log.say(bob.id, what) : this.log.change(bob.id, what)
    if (!entry) throw new Error('no such message')
    this.tell({ type: 'entry', entry })
    return entry
  }

  tell(frame: LiveFrame | { type: 'ended', reason: string }): void {
    this.#wire?.onmessage?.({ data: JSON.stringify(frame) })
  }

  /** Nothing gets through until `mend`. */
  cut(): void {
    this.reachable = false
    const wire = this.#wire
    this.#wire = null
    wire?.onclose?.({ code: 1006 })
  }

  mend(): void {
    this.reachable = true
  }

  conversation(): Conversation {
    const page = this.log.page({}, 200).items
    const shown = page.filter((entry) => entry.kind === 'message' || entry.kind === 'notice')
    const unread = page.filter((entry) => entry.seq > this.read && entry.kind === 'message' && entry.sender?.id === bob.id)
    return {
      id: 7,
      kind: 'direct',
      name: 'bob',
      avatar: '',
      peer: bob,
      last_seq: this.log.head,
      first_seq: 1,
      read_seq: this.read,
      unread: unread.length,
      mentioned: false,
      marked_unread: false,
      pinned: false,
      quiet: false,
      hidden: false,
      last: shown.at(-1) ?? null,
      updated_ms: shown.at(-1)?.created_ms ?? 0,
    }
  }

  #frame(wire: Transport, frame: Frame): void {
    this.heard.push(frame)
    const answer = (what: object) => queueMicrotask(() => this.reachable && wire.onmessage?.({ data: JSON.stringify({ id: frame.id, ...what }) }))
    switch (frame.type) {
      case 'hello':
        this.#wire = wire
        return answer({ type: 'welcome', account: 1, session: 5, now_ms: 0, heartbeat_s: 30 })
      case 'ping':
        return answer({ type: 'pong' })
      case 'sync':
        return this.#sync(frame.positions ?? {}, answer)
      case 'send':
        return this.#say(frame, answer)
      case 'read':
        this.read = Math.max(this.read, frame.seq ?? 0)
        this.tell({ type: 'read', conversation: 7, account: 1, seq: this.read })
    }
  }

  #sync(positions: Record<string, number>, answer: (what: object) => void): void {
    const at = positions[7]
    const { head } = this.log
    if (at !== undefined && at < head) {
      const page = head - at <= 200 ? this.log.page({ after: at }, 200) : this.log.page({}, 50)
      answer({ type: 'entries', conversation: 7, ...page })
    }
    answer({ type: 'synced', heads: { 7: head } })
  }

  #say({ client_id = '', body }: Frame, answer: (what: object) => void): void {
    const known = this.#said.get(client_id)
    const entry = known ?? this.log.say(ann.id, body?.text ?? '', undefined, client_id)
    this.#said.set(client_id, entry)
    answer({ type: 'sent', conversation: 7, seq: entry.seq, entry: entry.id, created_ms: entry.created_ms })
    if (!known) this.tell({ type: 'entry', entry })
  }
}

const signed: Signed = {
  account: ann,
  session: 5,
  access_token: 'access',
  access_expires_ms: 1e15,
  refresh_token: 'refresh',
  refresh_expires_ms: 1e15,
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status })
}
