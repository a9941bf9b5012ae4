import { Api } from './api'
import { Chats } from './chats'
import type { ConversationLog } from './conversation-log'
import type { Totals } from './conversations'
import { indexedDbEntries, type EntryCache } from './entry-cache'
import type { EndReason, EntriesFrame, LiveFrame } from './frames'
import { Http } from './http'
import { Outbox, type Pending } from './outbox'
import { indexedDbOutbox, keyStoreOutbox, type OutboxStore } from './outbox-store'
import { People } from './people'
import { Problem } from './problem'
import type { Lock } from './lock'
import { Session } from './session'
import { Socket, type SocketOptions } from './socket'
import { localKeyStore, type KeyStore } from './storage'
import type * as T from './types'
import { Cell, Emitter, type Watchable } from './watchable'

/** `signed_out`: nobody is signed in; `offline`: waits for its next attempt; `syncing`: connected, catching up. */
export type Status = 'signed_out' | 'connecting' | 'syncing' | 'online' | 'offline'

/** What happens once. */
export interface ClientEvents {
  /** A live message from somebody else, none that sync brought: for sounds and notifications. */
  message: { entry: T.MessageEntry, conversation: T.Conversation | undefined }
  /** The session ended without a sign-out here. */
  ended: { reason: EndReason | 'expired' }
  /** The caller is out of a conversation. */
  left: { conversation: T.ConversationId }
  /** How the caller keeps a conversation changed, or its group did: what else is shown of it is asked for again. */
  changed: { conversation: T.ConversationId }
  /** A contact was added, removed or changed. */
  contact: { account: T.AccountId }
}

export interface ClientOptions {
  /** Origin of the server, without a slash at its end. Default: the page's own. */
  base?: string
  /** Default: localStorage. */
  keys?: KeyStore
  /** Default: IndexedDB. */
  outbox?: OutboxStore
  /** What was read, for the next start. Default: IndexedDB; null keeps nothing. */
  cache?: EntryCache | null
  /** What the list of sessions shows for this one. */
  device?: T.Device
  fetch?: typeof fetch
  lock?: Lock
  connect?: SocketOptions['connect']
  random?: SocketOptions['random']
  wakes?: SocketOptions['wakes']
}

/** The pause before a sync that the server refused is tried again. */
const SYNC_PAUSE_MS = 3_000

/**
 * How one talks to the server: the session, everything that lives, and the whole API.
 *
 * What lives is `Watchable`: read `.value`, or subscribe. Everything else is a promise that rejects with `Problem`.
 */
export class Client {
  /** Who is signed in. */
  readonly me: Watchable<T.Me | null>
  readonly status: Watchable<Status>
  /** When the next attempt to connect is due, while `offline`. */
  readonly retryAtMs: Watchable<number | null>
  /** Pinned first, then newest activity; hidden ones left out. Null until they are loaded. */
  readonly conversations: Watchable<readonly T.Conversation[] | null>
  /** Unread in all conversations of the list. */
  readonly totals: Watchable<Totals>
  /** Null until `loadContacts`; kept fresh from then on. */
  readonly contacts: Watchable<readonly T.Contact[] | null>
  /** Received and sent. Null until `loadRequests`; kept fresh from then on. */
  readonly requests: Watchable<readonly T.FriendRequest[] | null>
  /** Null until `loadSettings`; kept fresh from then on. */
  readonly settings: Watchable<T.ServerSettings | null>
  /** Everybody that was met so far, by id. */
  readonly people: Watchable<ReadonlyMap<T.AccountId, T.Person>>
  /** Of those in `watchPresence`. */
  readonly presence: Watchable<ReadonlyMap<T.AccountId, T.Presence>>
  /** Who types where; who stopped leaves after 6 s. */
  readonly typing: Watchable<ReadonlyMap<T.ConversationId, readonly T.AccountId[]>>
  /** Everything unsent. */
  readonly pending: Watchable<readonly Pending[]>
  /** Every route as a typed method, grouped: `client.api.groups.members(id)`. */
  readonly api: Api

  readonly #me = new Cell<T.Me | null>(null)
  readonly #status = new Cell<Status>('signed_out')
  readonly #settings = new Cell<T.ServerSettings | null>(null)
  readonly #events = new Emitter<ClientEvents>()
  readonly #session: Session
  readonly #socket: Socket
  readonly #outbox: Outbox
  readonly #cache: EntryCache | null
  readonly #people: People
  readonly #chats: Chats
  /** The session that the socket speaks for. */
  #current: number | null = null
  #syncing: ReturnType<typeof setTimeout> | undefined

  constructor(options: ClientOptions = {}) {
    const base = options.base ?? ''
    const keys = options.keys ?? localKeyStore()
    const { fetch, lock, device } = options
    this.#session = new Session({ base, keys, device, fetch, lock })
    this.api = new Api(new Http({ base, tokens: this.#session, fetch }))
    this.#socket = new Socket({
      url: socketUrl(base),
      tokens: this.#session,
      heard: (frame) => this.#heard(frame),
      ended: (reason) => this.#ended(reason),
      connect: options.connect,
      random: options.random,
      wakes: options.wakes,
    })
    this.#outbox = new Outbox({
      store: options.outbox ?? (globalThis.indexedDB ? indexedDbOutbox() : keyStoreOutbox(keys)),
      send: (item) => this.#send(item),
      upload: (file, onProgress, signal) => this.#upload(file, onProgress, signal),
      lock,
      random: options.random,
    })
    const host = { api: this.api, socket: this.#socket, outbox: this.#outbox }
    this.#cache = options.cache === undefined ? (globalThis.indexedDB ? indexedDbEntries() : null) : options.cache
    this.#people = new People(host)
    this.#chats = new Chats({
      ...host,
      cache: this.#cache,
      me: () => this.#me.value?.id ?? 0,
      learn: (people) => this.#people.learn(people),
      said: (entry, conversation) => this.#events.emit('message', { entry, conversation }),
      left: (conversation) => this.#events.emit('left', { conversation }),
      changed: (conversation) => this.#events.emit('changed', { conversation }),
    })
    this.me = this.#me
    this.status = this.#status
    this.settings = this.#settings
    this.retryAtMs = this.#socket.retryAtMs
    this.conversations = this.#chats.conversations
    this.totals = this.#chats.totals
    this.typing = this.#chats.typing
    this.contacts = this.#people.contacts
    this.requests = this.#people.requests
    this.people = this.#people.known
    this.presence = this.#people.presence
    this.pending = this.#outbox.items
    this.#session.signed.subscribe(() => this.#follow())
    this.#socket.state.subscribe(() => this.#moved())
  }

  /** Hears what happens once; the answer ends it. */
  on<K extends keyof ClientEvents>(type: K, heard: (event: ClientEvents[K]) => void): () => void {
    return this.#events.on(type, heard)
  }

  // Session

  /** Comes back with the stored session; false when there is none. Works offline. */
  async restore(): Promise<boolean> {
    this.#session.restore()
    this.#follow()
    return this.#me.value !== null
  }

  signUp(form: T.SignUp): Promise<T.Me> {
    return this.#session.signUp(form)
  }

  signIn(form: { username: string, password: string }): Promise<T.Me> {
    return this.#session.signIn(form)
  }

  /** Signs in as this browser's visitor: the same one each time. */
  visit(nickname?: string): Promise<T.Me> {
    return this.#session.visit(nickname)
  }

  /** The visitor becomes a user and keeps everything. */
  register(form: T.Register): Promise<T.Me> {
    return this.#session.register(form)
  }

  async signOut(): Promise<void> {
    this.#socket.stop()
    await this.#session.signOut()
  }

  /** Ends all other sessions. */
  changePassword(old: string, next: string): Promise<void> {
    return this.api.accounts.changePassword(old, next)
  }

  async updateMe(patch: T.MePatch): Promise<T.Me> {
    const me = await this.api.accounts.updateMe(patch)
    this.#session.update(me)
    return me
  }

  /** Tries at once, without waiting for the pause between attempts. */
  reconnect(): void {
    this.#socket.wake()
  }

  /** Ends timers and the socket; the session stays. */
  close(): void {
    clearTimeout(this.#syncing)
    this.#socket.stop()
    this.#outbox.close()
    this.#session.close()
    this.#chats.flush()
    this.#chats.reset(0)
    this.#people.reset()
  }

  // Conversations

  /** The log of a conversation; close it when it is not shown any more. */
  open(conversation: T.ConversationId): ConversationLog {
    return this.#chats.open(conversation)
  }

  conversation(id: T.ConversationId): T.Conversation | undefined {
    return this.#chats.get(id)
  }

  /** From the list, else asked of the server. */
  loadConversation(id: T.ConversationId): Promise<T.Conversation> {
    return this.#chats.load(id)
  }

  /** The direct conversation with somebody, whether anything was said or not. */
  async direct(account: T.AccountId): Promise<T.Conversation> {
    return this.#chats.put(await this.api.conversations.direct(account))
  }

  /** Pins, silences, hides, marks unread: shown at once, taken back when the server says no. */
  keep(id: T.ConversationId, patch: T.ConversationPatch): Promise<void> {
    return this.#chats.keep(id, patch)
  }

  /** Empties a conversation for the caller alone. */
  clear(id: T.ConversationId): Promise<void> {
    return this.#chats.clear(id)
  }

  /** Moves the read cursor forward, in batches; without `seq` to the newest entry. */
  markRead(id: T.ConversationId, seq?: T.Seq): void {
    this.#chats.markRead(id, seq)
  }

  forward(request: T.Forward): Promise<T.Entry[]> {
    return this.api.messages.forward(request)
  }

  async createGroup(name: string | undefined, members: readonly T.AccountId[]): Promise<T.Conversation> {
    return this.#chats.put(await this.api.groups.create(name, members))
  }

  // People

  /** From the cache; a missing one is asked for and shows up in `people`. */
  person(id: T.AccountId): T.Person | undefined {
    return this.#people.person(id)
  }

  /** Remark, else name; an empty text while unknown. */
  nameOf(id: T.AccountId): string {
    return this.#people.nameOf(id)
  }

  loadContacts(): Promise<readonly T.Contact[]> {
    return this.#people.loadContacts()
  }

  loadRequests(): Promise<readonly T.FriendRequest[]> {
    return this.#people.loadRequests()
  }

  async loadSettings(): Promise<T.ServerSettings> {
    const settings = await this.api.accounts.settings()
    this.#settings.set(settings)
    return settings
  }

  /** Asks for friendship; who wants no asking is a friend at once. */
  ask(account: T.AccountId, text?: string): Promise<'asked' | 'friends'> {
    return this.#people.ask(account, text)
  }

  accept(request: number, remark?: string): Promise<void> {
    return this.#people.decide(request, 'accept', remark)
  }

  refuse(request: number): Promise<void> {
    return this.#people.decide(request, 'refuse')
  }

  /** Shown at once, taken back when the server says no. */
  updateContact(account: T.AccountId, patch: T.ContactPatch): Promise<void> {
    return this.#people.updateContact(account, patch)
  }

  removeContact(account: T.AccountId): Promise<void> {
    return this.#people.removeContact(account)
  }

  /** Watches until the answer is called; several watchers add up. */
  watchPresence(accounts: readonly T.AccountId[]): () => void {
    return this.#people.watchPresence(accounts)
  }

  // How it is done

  /** The stored session is another one now: signed in, signed out, here or in another tab. */
  #follow(): void {
    const signed = this.#session.signed.value
    const before = this.#me.value?.id
    const other = signed?.account.id !== before
    const restart = (signed?.session ?? null) !== this.#current
    if (restart) this.#socket.stop()
    if (other) this.#forget(signed?.account.id ?? 0)
    if (other && before) void this.#cache?.clear(before).catch(() => undefined) // signed out: nothing stays behind
    this.#me.set(signed?.account ?? null)
    this.#current = signed?.session ?? null
    if (other) void this.#outbox.open(signed?.account.id ?? null)
    if (signed) this.#socket.start()
    this.#moved()
  }

  #forget(next: T.AccountId): void {
    this.#chats.reset(next)
    this.#people.reset()
  }

  #moved(): void {
    const state = this.#socket.state.value
    clearTimeout(this.#syncing)
    if (state !== 'open') this.#outbox.online(false)
    if (this.#me.value === null) return this.#status.set('signed_out')
    if (state === 'open') {
      this.#status.set('syncing')
      void this.#catchUp()
    } else {
      this.#status.set(state === 'connecting' ? 'connecting' : 'offline')
    }
  }

  async #catchUp(): Promise<void> {
    const session = this.#current
    const current = () => this.#socket.state.value === 'open' && this.#current === session
    try {
      await this.#chats.catchUp()
      if (!current()) return
      this.#people.caughtUp()
      this.#outbox.online(true)
      this.#status.set('online')
    } catch {
      if (current()) this.#syncing = setTimeout(() => void this.#catchUp(), SYNC_PAUSE_MS)
    }
  }

  #heard(frame: LiveFrame | EntriesFrame): void {
    this.#chats.heard(frame)
    if (frame.type === 'entries') return
    this.#people.heard(frame)
    if (frame.type === 'settings' && this.#settings.value) void this.loadSettings().catch(() => undefined)
    if (frame.type === 'contact') this.#events.emit('contact', { account: frame.account })
    if (frame.type === 'profile' && frame.account === this.#me.value?.id) void this.#meAgain()
  }

  async #meAgain(): Promise<void> {
    const me = await this.api.accounts.me().catch(() => null)
    if (me) this.#session.update(me)
  }

  /** The server ended the session that the socket spoke for; a newer one may be stored already. */
  #ended(reason: EndReason | 'expired'): void {
    const ended = this.#current
    this.#session.restore()
    if (this.#session.signed.value?.session === ended) this.#session.forget()
    this.#follow()
    if (this.#me.value === null) this.#events.emit('ended', { reason })
  }

  async #send(item: Pending): Promise<T.Seq> {
    const { conversation, clientId: client_id, draft } = item
    const sent = await this.#socket.request({ type: 'send', conversation, client_id, ...draft })
    const isKnown = (this.#chats.get(conversation)?.last_seq ?? 0) >= sent.seq
    if (isKnown) setTimeout(() => this.#outbox.arrived(client_id)) // a retry: no live entry comes any more
    return sent.seq
  }

  async #upload(file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<T.MediaBody> {
    const token = this.#session.access()
    if (token !== null && this.#session.lapses(Date.now())) await this.#session.refresh(token)
    const { upload, bodyOf } = this.api.files
    return bodyOf(await upload(file, { onProgress, signal }))
  }
}

function socketUrl(base: string): string {
  const origin = base || globalThis.location?.origin || ''
  if (!origin) throw new Problem({ code: 'invalid', title: 'base is needed outside of a page', status: 422, field: 'base' })
  return `${origin.replace(/^http/, 'ws')}/v1/socket`
}
