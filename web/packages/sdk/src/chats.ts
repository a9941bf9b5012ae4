import type { Api } from './api'
import { Batch } from './batch'
import { ConversationLog, type LogHost } from './conversation-log'
import * as conversations from './conversations'
import type { Conversations, Totals } from './conversations'
import type { EntryCache, KeptLog } from './entry-cache'
import type { EntriesFrame, LiveFrame } from './frames'
import type { Outbox } from './outbox'
import { Problem } from './problem'
import type { Socket } from './socket'
import type { AccountId, Conversation, ConversationId, ConversationPatch, Entry, MessageEntry, Person, Seq } from './types'
import { Cell } from './watchable'

export interface ChatsHost {
  readonly api: Api
  readonly socket: Socket
  readonly outbox: Outbox
  readonly cache: EntryCache | null
  me(): AccountId
  learn(people: readonly (Person | undefined)[]): void
  /** A live message from somebody else. */
  said(entry: MessageEntry, conversation: Conversation | undefined): void
  left(id: ConversationId): void
  changed(id: ConversationId): void
}

/** Logs that are kept after they were closed, to be there at once when one comes back. */
const KEPT = 8
/** More missing entries than these come as the newest page alone. */
const SYNCED = 200
/** So much of what is unread is on the newest page, with what stands before it. */
const ON_A_PAGE = 40
/** How long somebody types after the last sign of it. */
const TYPING_MS = 6_000
/** How often typing is told. */
const TYPING_PAUSE_MS = 2_000
/** More than so many conversations are not asked for one by one. */
const ASKED = 8

/** The conversations: their list, their open logs, and the cursors that move in them. */
export class Chats {
  readonly conversations = new Cell<readonly Conversation[] | null>(null)
  readonly totals = new Cell<Totals>({ unread: 0, quiet: 0, mentioned: false })
  readonly typing = new Cell<ReadonlyMap<ConversationId, readonly AccountId[]>>(new Map())
  readonly #host: ChatsHost
  readonly #logs = new Map<ConversationId, { log: ConversationLog, handles: number }>()
  readonly #stale = new Batch<ConversationId>(60, (ids) => void this.#ask([...ids.keys()]))
  readonly #acks = new Batch<ConversationId>(300, (seqs) => this.#tell('ack', seqs))
  readonly #reads = new Batch<ConversationId>(100, (seqs) => this.#tell('read', seqs))
  readonly #kept = new Batch<ConversationId>(1_000, (ids) => this.#store([...ids.keys()]))
  readonly #typists = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #typed = new Map<ConversationId, number>()
  /** Read cursors that could not leave. */
  readonly #unsaid = new Map<ConversationId, Seq>()
  #list: Conversations = conversations.conversations(0)
  #loaded = false

  constructor(host: ChatsHost) {
    this.#host = host
  }

  get(id: ConversationId): Conversation | undefined {
    return this.#list.byId.get(id)
  }

  open(id: ConversationId): ConversationLog {
    const known = this.#logs.get(id)
    const opened = known ?? { log: new ConversationLog(id, this.#logHost()), handles: 0 }
    opened.handles += 1
    this.#logs.delete(id)
    this.#logs.set(id, opened) // the last opened is the last to go
    this.#dropOld()
    void opened.log.load().catch(() => undefined) // the view shows the problem
    return opened.log
  }

  async load(id: ConversationId): Promise<Conversation> {
    return this.get(id) ?? this.put(await this.#host.api.conversations.get(id))
  }

  /** Takes a conversation as the server answered it. */
  put(item: Conversation): Conversation {
    this.#set(conversations.put(this.#list, item))
    this.#host.learn([item.peer])
    const log = this.#logs.get(item.id)?.log
    log?.cleared(item.first_seq)
    log?.reaches(item.last_seq)
    return item
  }

  /** Shown at once; taken back when the server says no. */
  async keep(id: ConversationId, patch: ConversationPatch): Promise<void> {
    const before = this.get(id)
    this.#set(conversations.patch(this.#list, id, patch))
    try {
      this.put(await this.#host.api.conversations.update(id, patch))
    } catch (cause) {
      if (before) {
        const { pinned, quiet, hidden, marked_unread } = before
        this.#set(conversations.patch(this.#list, id, { pinned, quiet, hidden, marked_unread }))
      }
      throw cause
    }
  }

  async clear(id: ConversationId): Promise<void> {
    await this.#host.api.conversations.clear(id)
    this.#unkeep(id)
    this.put(await this.#host.api.conversations.get(id))
  }

  markRead(id: ConversationId, seq?: Seq): void {
    const item = this.get(id)
    const upTo = Math.min(seq ?? item?.last_seq ?? 0, item?.last_seq ?? Infinity)
    const nothingNew = item && item.read_seq >= upTo && item.unread === 0 && !item.marked_unread
    if (!upTo || nothingNew) return
    const next = conversations.applyRead(this.#list, id, this.#host.me(), upTo)
    if (next !== 'ask') this.#set(next)
    this.#reads.add(id, upTo)
  }

  /** What came from the server. */
  heard(frame: LiveFrame | EntriesFrame): void {
    switch (frame.type) {
      case 'entry':
        return this.#entry(frame.entry)
      case 'entries':
        return this.#logs.get(frame.conversation)?.log.synced(frame)
      case 'read':
        return this.#apply(frame.conversation, conversations.applyRead(this.#list, frame.conversation, frame.account, frame.seq))
      case 'delivered':
        return this.#set(conversations.applyDelivered(this.#list, frame.conversation, frame.account, frame.seq))
      case 'typing':
        return this.#types(frame.conversation, frame.account)
      case 'conversation':
        this.#stale.add(frame.conversation)
        return this.#host.changed(frame.conversation)
      case 'left':
        return this.#left(frame.conversation)
      case 'deleted':
        this.#logs.get(frame.conversation)?.log.deleted(frame.seq)
        return this.#stale.add(frame.conversation)
      case 'contact':
        for (const item of this.#list.byId.values()) if (item.peer?.id === frame.account) this.#stale.add(item.id)
        return
      case 'profile': {
        const { account: id, name, avatar } = frame
        return this.#set(conversations.applyProfile(this.#list, { id, name, avatar }))
      }
    }
  }

  /** Asks for everything that was missed. */
  async catchUp(): Promise<void> {
    const positions: Record<string, Seq> = {}
    for (const [id, { log }] of this.#logs) if (log.told !== null) positions[id] = log.told
    const asked = this.#list
    const { heads, gone = {} } = await this.#host.socket.request({ type: 'sync', positions })
    for (const [id, { log }] of this.#logs) {
      if (log.told === null) void log.load().catch(() => undefined)
      else this.#synced(log, positions[id], heads[id] ?? 0, gone[id])
    }
    for (const { id, last_seq } of asked.byId.values()) {
      if ((heads[id] ?? last_seq) < last_seq) this.#set(conversations.remove(this.#list, id)) // a restored server
    }
    await this.#loadList((item) => heads[item.id] !== undefined)
    for (const item of this.#list.byId.values()) if (item.unread > 0) this.#acks.add(item.id, item.last_seq)
    for (const [id, seq] of this.#unsaid) this.#reads.add(id, seq)
    this.#unsaid.clear()
  }

  /** Everything that waits to be kept, is: the page may go. */
  flush(): void {
    this.#kept.flush()
  }

  reset(me: AccountId): void {
    for (const batch of [this.#stale, this.#acks, this.#reads, this.#kept]) batch.clear()
    for (const { log } of this.#logs.values()) log.drop()
    for (const timer of this.#typists.values()) clearTimeout(timer)
    this.#logs.clear()
    this.#typists.clear()
    this.#typed.clear()
    this.#unsaid.clear()
    this.#list = conversations.conversations(me)
    this.#loaded = false
    this.conversations.set(null)
    this.totals.set(conversations.totals([]))
    this.typing.set(new Map())
  }

  #logHost(): LogHost {
    const { api, outbox } = this.#host
    return {
      api,
      outbox,
      me: () => this.#host.me(),
      markRead: (id, seq) => this.markRead(id, seq),
      typing: (id) => this.#tellTyping(id),
      closed: (id) => this.#closed(id),
      kept: (id) => this.#keptLog(id),
      changed: (log) => this.#host.cache && this.#kept.add(log.id),
      freshen: (log) => this.#freshen(log),
      unreadFrom: (id) => this.#unreadFrom(id),
    }
  }

  async #keptLog(id: ConversationId): Promise<KeptLog | undefined> {
    const { cache, me } = this.#host
    const account = me()
    const kept = await cache?.get(account, id).catch(() => undefined)
    return account === me() ? kept : undefined
  }

  #store(ids: ConversationId[]): void {
    for (const id of ids) {
      const tail = this.#logs.get(id)?.log.tail
      if (tail) void this.#host.cache?.put(this.#host.me(), tail).catch(() => undefined) // no room: the server has it
    }
  }

  #unkeep(id: ConversationId): void {
    this.#kept.delete(id)
    void this.#host.cache?.remove(this.#host.me(), id).catch(() => undefined)
  }

  /** Brings a kept log up to date. Without a connection the next sync does. */
  async #freshen(log: ConversationLog): Promise<boolean> {
    const { id, told } = log
    if (told === null) return true
    const item = this.get(id)
    if (item) log.cleared(item.first_seq)
    if (item && item.last_seq - told > SYNCED) return false
    try {
      const { heads, gone = {} } = await this.#host.socket.request({ type: 'sync', positions: { [id]: told } })
      this.#synced(log, told, heads[id] ?? 0, gone[id])
    } catch {
      // It is stale until then.
    }
    return true
  }

  /** A sync has told everything from `at` on; a log that it was not asked about (`at` is undefined) asks for itself. */
  #synced(log: ConversationLog, at: Seq | undefined, head: Seq, gone: readonly Seq[] = []): void {
    if (at !== undefined && head > 0 && head < at) {
      this.#unkeep(log.id)
      return log.restored()
    }
    log.reaches(head)
    for (const seq of gone) log.deleted(seq)
    if (at !== undefined) log.caughtUp()
  }

  #unreadFrom(id: ConversationId): Seq | undefined {
    const item = this.get(id)
    return item && item.unread > 0 && item.last_seq - item.read_seq > ON_A_PAGE ? item.read_seq + 1 : undefined
  }

  #entry(entry: Entry): void {
    const { me, outbox } = this.#host
    this.#logs.get(entry.conversation)?.log.heard(entry)
    const sender = 'sender' in entry ? entry.sender?.id : undefined
    if (sender !== undefined) this.#rests(entry.conversation, sender)
    const item = this.get(entry.conversation)
    const isNew = entry.seq > (item?.last_seq ?? 0)
    this.#apply(entry.conversation, conversations.apply(this.#list, entry))
    if (isNew) this.#acks.add(entry.conversation, entry.seq)
    // What is shown of a group is old after a notice: one in it, or one in the inbox (who asked to join) about it.
    if (entry.kind === 'notice') this.#host.changed(('group' in entry.body ? entry.body.group.id : undefined) ?? entry.conversation)
    if (entry.kind !== 'message') return
    if (sender !== me()) return isNew ? this.#host.said(entry, this.get(entry.conversation)) : undefined
    if (entry.client_id) outbox.arrived(entry.client_id)
  }

  #left(id: ConversationId): void {
    for (const batch of [this.#stale, this.#acks, this.#reads]) batch.delete(id)
    this.#logs.get(id)?.log.drop() // what it still asked for is not ours any more
    this.#logs.delete(id)
    this.#unkeep(id)
    this.#set(conversations.remove(this.#list, id))
    this.#host.left(id)
  }

  #apply(id: ConversationId, next: Conversations | 'ask'): void {
    if (next === 'ask') this.#stale.add(id)
    else this.#set(next)
  }

  #set(next: Conversations): void {
    if (next === this.#list && this.conversations.value) return
    this.#list = next
    if (!this.#loaded) return
    const items = conversations.ordered(next)
    this.conversations.set(items)
    this.totals.set(conversations.totals(items))
  }

  async #ask(ids: ConversationId[]): Promise<void> {
    if (ids.length > ASKED) return this.#loadList(() => true).catch(() => undefined)
    await Promise.all(ids.map((id) => this.#askOne(id)))
  }

  async #askOne(id: ConversationId): Promise<void> {
    try {
      const item = await this.#host.api.conversations.get(id)
      const told = this.get(id)?.last_seq ?? 0
      if (item.last_seq < told) this.#stale.add(id) // more came while the answer was on its way
      else this.put(item)
    } catch (cause) {
      if (Problem.of(cause).status === 404) this.#set(conversations.remove(this.#list, id))
    }
  }

  /** `exists`: whether a conversation that the answer leaves out is still the caller's. */
  async #loadList(exists: (item: Conversation) => boolean): Promise<void> {
    const items = await this.#host.api.conversations.list()
    const unlisted = (item: Conversation) =>
      item.hidden || item.kind === 'inbox' || item.last === null || this.#logs.has(item.id)
    const { list, ask } = conversations.merge(this.#list, items, (item) => unlisted(item) && exists(item))
    this.#loaded = true
    this.#set(list)
    this.#host.learn(items.map((item) => item.peer))
    for (const id of ask) this.#stale.add(id)
    for (const item of items) this.#logs.get(item.id)?.log.cleared(item.first_seq)
  }

  /** Cursors leave together; what was read while offline is told after the next sync. */
  #tell(type: 'ack' | 'read', seqs: Map<ConversationId, Seq>): void {
    for (const [conversation, seq] of seqs) {
      const left = this.#host.socket.send({ type, conversation, seq })
      if (!left && type === 'read') this.#unsaid.set(conversation, Math.max(seq, this.#unsaid.get(conversation) ?? 0))
    }
  }

  #tellTyping(conversation: ConversationId): void {
    const now = Date.now()
    if (now - (this.#typed.get(conversation) ?? 0) < TYPING_PAUSE_MS) return
    if (this.#host.socket.send({ type: 'typing', conversation })) this.#typed.set(conversation, now)
  }

  #types(id: ConversationId, account: AccountId): void {
    const key = `${id}:${account}`
    clearTimeout(this.#typists.get(key))
    this.#typists.set(key, setTimeout(() => this.#rests(id, account), TYPING_MS))
    const now = this.typing.value.get(id) ?? []
    if (!now.includes(account)) this.typing.update((all) => new Map(all).set(id, [...now, account]))
  }

  #rests(id: ConversationId, account: AccountId): void {
    const key = `${id}:${account}`
    if (!this.#typists.has(key)) return
    clearTimeout(this.#typists.get(key))
    this.#typists.delete(key)
    const others = (this.typing.value.get(id) ?? []).filter((other) => other !== account)
    this.typing.update((all) => {
      const next = new Map(all)
      if (others.length > 0) next.set(id, others)
      else next.delete(id)
      return next
    })
  }

  #closed(id: ConversationId): void {
    const opened = this.#logs.get(id)
    if (opened) opened.handles = Math.max(0, opened.handles - 1)
    if (opened?.handles === 0 && !opened.log.view.value.atEnd) this.#drop(id, opened.log) // who comes back begins anew
    this.#dropOld()
  }

  #dropOld(): void {
    const closed = [...this.#logs].filter(([, opened]) => opened.handles === 0)
    for (const [id, { log }] of closed.slice(0, Math.max(0, closed.length - KEPT))) {
      this.#drop(id, log)
    }
  }

  #drop(id: ConversationId, log: ConversationLog): void {
    if (this.#kept.delete(id)) this.#store([id])
    log.drop()
    this.#logs.delete(id)
  }
}
