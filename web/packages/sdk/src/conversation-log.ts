import type { Api } from './api'
import type { KeptLog } from './entry-cache'
import type { EntriesFrame } from './frames'
import * as log from './log'
import type { Log } from './log'
import type { Outbox, Pending } from './outbox'
import { Problem } from './problem'
import { newClientId } from './session'
import type {
  AccountId,
  ConversationId,
  Draft,
  Entry,
  EntryPage,
  MediaBody,
  MessageEntry,
  NoticeEntry,
  Receipts,
  Seq,
} from './types'
import { Cell, type Watchable } from './watchable'

/** What a view of one conversation shows; a new object after each change. */
export interface LogView {
  /** Ascending and without holes; changes and what is gone are left out. */
  readonly entries: readonly (MessageEntry | NoticeEntry)[]
  /** On their way, in order; they stand behind the entries, when `atEnd`. */
  readonly pending: readonly Pending[]
  /** Nothing older exists. */
  readonly atStart: boolean
  /** The window reaches the newest entry and follows it. */
  readonly atEnd: boolean
  /** The first page is here. */
  readonly ready: boolean
  /** It is as it was last time; what came since is asked for, or waits for the line. */
  readonly stale: boolean
  readonly loadingOlder: boolean
  readonly loadingNewer: boolean
  readonly lastSeq: Seq
  readonly firstSeq: Seq
  /** Why the last load failed; gone with the next success. */
  readonly problem?: Problem
}

/** What a log needs of the client that made it. */
export interface LogHost {
  readonly api: Api
  readonly outbox: Outbox
  readonly me: () => AccountId
  markRead(id: ConversationId, seq: Seq): void
  typing(id: ConversationId): void
  closed(id: ConversationId): void
  /** What was kept of the log, for a start without the server. */
  kept(id: ConversationId): Promise<KeptLog | undefined>
  /** The log looks different now. */
  changed(log: ConversationLog): void
  /** Asks for what came since a log was kept; false when that is too much. */
  freshen(log: ConversationLog): Promise<boolean>
  /** The first unread entry, when the newest page would not show it. */
  unreadFrom(id: ConversationId): Seq | undefined
}

/** A person's reaction before the server has confirmed it. */
interface Wish { seq: Seq, emoji: string, on: boolean }

type FileDraft = Omit<Draft, 'body'> & { body?: Partial<MediaBody> }

const PAGE = 50
/** Larger holes are not filled: the window begins anew. */
const FILLABLE = 400
/** Entries in a window while one scrolls, and while it only follows. */
const WINDOW = 600
const FOLLOWED = 1_000

const NOTHING: LogView = {
  entries: [],
  pending: [],
  atStart: false,
  atEnd: true,
  ready: false,
  stale: false,
  loadingOlder: false,
  loadingNewer: false,
  lastSeq: 0,
  firstSeq: 1,
}

/** One conversation's log, opened for reading and writing. Methods reject with `Problem`. */
export class ConversationLog {
  readonly id: ConversationId
  readonly view: Watchable<LogView>
  readonly #view = new Cell<LogView>(NOTHING)
  readonly #host: LogHost
  #log: Log | null = null
  #wishes: readonly Wish[] = []
  #state: { older: boolean, newer: boolean, problem?: Problem } = { older: false, newer: false }
  /** Of loads that put another window in the place of this one, the last one counts. */
  #placing = 0
  #repairing = false
  #stale = false
  #loading: Promise<void> | null = null
  #stopPending: () => void

  constructor(id: ConversationId, host: LogHost) {
    this.id = id
    this.view = this.#view
    this.#host = host
    this.#stopPending = host.outbox.items.subscribe(() => this.#show())
  }

  /**
   * What was kept, at once, and what came since; else a page: around the first unread entry, or the newest one.
   * Nothing when a window is here already.
   */
  load(): Promise<void> {
    if (this.#log) return Promise.resolve()
    this.#loading ??= this.#begin().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  /** A page before the window; nothing when `atStart` or under way. */
  async loadOlder(): Promise<void> {
    const first = this.#log?.entries[0]?.seq
    if (!this.#log || this.#log.atStart || this.#state.older) return
    const before = first ?? this.#log.told + 1
    await this.#page('older', { before, limit: PAGE }, (now, page) => {
      const next = log.prepend(now, page)
      return next === 'stale' ? next : log.trim(next, WINDOW, 'older')
    })
  }

  /** A page behind the window; nothing when `atEnd` or under way. */
  async loadNewer(): Promise<void> {
    if (!this.#log || this.#log.atEnd || this.#state.newer) return
    const after = this.#log.entries.at(-1)?.seq ?? this.#log.firstSeq - 1
    await this.#page('newer', { after, limit: PAGE }, (now, page) => {
      const next = log.append(now, page)
      return next === 'stale' ? next : log.trim(next, WINDOW, 'newer')
    })
  }

  /** Puts a window around `seq`, unless it is in the window; false when it is not to be seen any more. */
  async jumpTo(seq: Seq): Promise<boolean> {
    const shown = () => this.#view.value.entries.some((entry) => entry.seq === seq)
    if (!shown()) await this.#place({ around: seq, limit: PAGE }, 'middle')
    return shown()
  }

  async jumpToEnd(): Promise<void> {
    if (!this.#log?.atEnd) await this.#place({}, 'end')
  }

  /** Sends through the outbox: shown at once, survives being offline. Answers the client id. */
  send(draft: Draft): string {
    return this.#queue(draft)
  }

  sendText(text: string, more: Omit<Draft, 'body'> = {}): string {
    return this.#queue({ ...more, body: { type: 'text', text } })
  }

  /** Uploads, then sends. What `more.body` says about the file is kept: a voice message's duration. */
  sendFile(file: File, more: FileDraft = {}): string {
    const type = more.body?.type ?? kindOf(file)
    const named = type === 'image' || type === 'file' ? { name: file.name } : {} // voices and films have no name
    const body = { type, url: '', size_bytes: file.size, ...named, ...more.body } as MediaBody
    return this.#queue({ ...more, body }, file)
  }

  retry(clientId: string): void {
    this.#host.outbox.retry(clientId)
  }

  /** Drops a message that is not sent yet; ends its upload. */
  discard(clientId: string): void {
    this.#host.outbox.discard(clientId)
  }

  async edit(seq: Seq, text: string): Promise<void> {
    const entry = await this.#host.api.messages.edit(this.id, seq, text)
    this.#change((now) => log.refresh(now, [entry]))
  }

  async revoke(seq: Seq): Promise<void> {
    await this.#host.api.messages.revoke(this.id, seq)
  }

  async remove(seq: Seq, whose: 'me' | 'all'): Promise<void> {
    await this.#host.api.messages.remove(this.id, seq, whose)
    this.#change((now) => log.forget(now, seq))
  }

  /** Shown at once; taken back when the server says no. */
  async react(seq: Seq, emoji: string, on: boolean): Promise<void> {
    const wish = { seq, emoji, on }
    const others = this.#wishes.filter((old) => old.seq !== seq || old.emoji !== emoji)
    this.#wishes = [...others, wish]
    this.#show()
    try {
      await this.#host.api.messages.react(this.id, seq, emoji, on)
      const page = await this.#host.api.messages.entries(this.id, { after: seq - 1, limit: 1 })
      this.#change((now) => log.refresh(now, page.items))
    } finally {
      this.#wishes = this.#wishes.filter((old) => old !== wish)
      this.#show()
    }
  }

  async forward(seqs: Seq[], to: ConversationId[]): Promise<void> {
    await this.#host.api.messages.forward({ from: this.id, seqs, to, client_id: newClientId() })
  }

  receipts(seq: Seq): Promise<Receipts> {
    return this.#host.api.messages.receipts(this.id, seq)
  }

  /** Moves the read cursor forward, in batches; without `seq` to the newest entry that is here. */
  markRead(seq?: Seq): void {
    const upTo = seq ?? (this.#log?.atEnd ? this.#log.told : this.#log?.entries.at(-1)?.seq)
    if (upTo) this.#host.markRead(this.id, upTo)
  }

  /** Tells that the caller types; call it with each key, one frame in 2 s leaves. */
  typing(): void {
    this.#host.typing(this.id)
  }

  /** Ends this handle; the log itself is kept for a while. */
  close(): void {
    this.#host.closed(this.id)
  }

  // What the client tells

  /** How far this log was told: where sync begins. Null before the first page. */
  get told(): Seq | null {
    return this.#log?.told ?? null
  }

  /** A live entry. */
  heard(entry: Entry): void {
    this.#change((now) => {
      const next = log.apply(now, entry)
      return next.atEnd ? log.trim(next, FOLLOWED, 'newer') : next
    })
    this.#repair()
  }

  /** What a sync brought: everything since `told`, in one frame or more, or the newest page when that is too much. */
  synced(frame: EntriesFrame): void {
    this.#change((now) => {
      const first = frame.items[0]?.seq
      if (first === undefined || first <= now.told + 1) {
        const filled = log.fill(now, now.told, frame.items, frame.items.at(-1)?.seq ?? now.told)
        return log.reaches(filled, frame.last_seq)
      }
      return now.atEnd ? log.replace(now, frame, 'end') : log.reaches(now, frame.last_seq)
    })
  }

  /** Another device of this account deleted an entry for itself. */
  deleted(seq: Seq): void {
    this.#change((now) => log.forget(now, seq))
  }

  /** The server knows less than is held here: it was restored, and the log is read anew. */
  restored(): void {
    this.drop()
    this.#stopPending = this.#host.outbox.items.subscribe(() => this.#show())
    this.#loading = null // what is under way is of the past
    void this.load().catch(() => undefined)
  }

  /** The log goes up to `seq`. */
  reaches(seq: Seq): void {
    this.#change((now) => log.reaches(now, seq))
    this.#repair()
  }

  cleared(firstSeq: Seq): void {
    this.#change((now) => log.clear(now, firstSeq))
  }

  /** Nothing came since, or it is here. */
  caughtUp(): void {
    if (!this.#stale) return
    this.#stale = false
    this.#show()
  }

  /** What is worth keeping; null while the window is not at the end. */
  get tail(): KeptLog | null {
    return this.#log && log.tail(this.#log)
  }

  /** Drops everything: the handle is of no use any more. */
  drop(): void {
    this.#placing += 1
    this.#stopPending()
    this.#log = null
    this.#stale = false
  }

  // How it is done

  #queue(draft: Draft, file?: File): string {
    const id = this.#host.outbox.add(this.id, draft, file)
    this.jumpToEnd().catch(() => undefined) // what one says is seen; without a connection it comes later
    return id
  }

  async #begin(): Promise<void> {
    const turn = this.#placing
    const kept = await this.#host.kept(this.id)
    if (turn !== this.#placing) return
    if (kept) {
      this.#log = log.fromKept(kept)
      this.#stale = true
      this.#show()
      if (await this.#host.freshen(this)) return
      if (turn !== this.#placing) return
    }
    const around = this.#host.unreadFrom(this.id)
    await (around === undefined ? this.#place({}, 'end') : this.#place({ around }, 'middle'))
  }

  /** Loads a page and puts it in the window's place. */
  async #place(at: { around?: Seq, limit?: number }, where: 'end' | 'middle'): Promise<void> {
    const turn = ++this.#placing
    try {
      const page = await this.#host.api.messages.entries(this.id, { limit: PAGE, ...at })
      if (turn !== this.#placing) return
      this.#log = this.#log ? log.replace(this.#log, page, where) : log.fromPage(this.id, page, where)
      this.#state.problem = undefined
      this.#stale = false
      this.#show()
      this.#repair()
    } catch (cause) {
      if (turn === this.#placing) this.#failed(cause)
      throw cause
    }
  }

  /** Loads a page beside the window; when another window took its place meanwhile the page is of no use. */
  async #page(
    side: 'older' | 'newer',
    at: { before?: Seq, after?: Seq, limit: number },
    take: (now: Log, page: EntryPage) => Log | 'stale',
  ): Promise<void> {
    const turn = this.#placing
    this.#state[side] = true
    this.#show()
    try {
      const page = await this.#host.api.messages.entries(this.id, at)
      const next = this.#log && turn === this.#placing ? take(this.#log, page) : 'stale'
      if (next !== 'stale') this.#log = next
      this.#state.problem = undefined
    } catch (cause) {
      this.#failed(cause)
      throw cause
    } finally {
      this.#state[side] = false
      this.#show()
      this.#repair()
    }
  }

  /** Asks for holes until there are none; what cannot be asked for now is found by the next sync. */
  #repair(): void {
    if (this.#repairing || !this.#log || !log.hole(this.#log)) return
    this.#repairing = true
    void this.#fillHoles()
      .catch(() => undefined)
      .finally(() => {
        this.#repairing = false
      })
  }

  async #fillHoles(): Promise<void> {
    for (let hole = this.#hole(); hole; hole = this.#hole()) {
      const { after, before } = hole
      if (before - after > FILLABLE) {
        await this.#beginAnew()
        continue
      }
      const page = await this.#host.api.messages.entries(this.id, { after, limit: Math.min(before - after - 1, 200) })
      const upTo = Math.min(page.items.at(-1)?.seq ?? before - 1, before - 1)
      this.#change((now) => log.fill(now, after, page.items, upTo))
    }
  }

  #beginAnew(): Promise<void> {
    const middle = this.#log?.entries[Math.floor((this.#log.entries.length - 1) / 2)]?.seq
    const stays = this.#log && !this.#log.atEnd && middle !== undefined
    return stays ? this.#place({ around: middle, limit: 100 }, 'middle') : this.#place({}, 'end')
  }

  #hole(): log.Hole | null {
    return this.#log && log.hole(this.#log)
  }

  #change(change: (now: Log) => Log): void {
    if (!this.#log) return
    const next = change(this.#log)
    if (next === this.#log) return
    this.#log = next
    this.#show()
  }

  #failed(cause: unknown): void {
    this.#state.problem = Problem.of(cause)
    this.#show()
  }

  #show(): void {
    const now = this.#log
    const shown = { loadingOlder: this.#state.older, loadingNewer: this.#state.newer, problem: this.#state.problem }
    const mine = this.#host.outbox.items.value.filter((item) => item.conversation === this.id)
    if (!now) return this.#view.set({ ...NOTHING, ...shown, pending: mine })
    const unseen = (item: Pending) => item.seq === undefined || item.seq > now.told
    this.#view.set({
      ...shown,
      entries: now.entries.filter(isShown).map((entry) => this.#wished(entry)),
      pending: now.atEnd ? mine.filter(unseen) : [],
      atStart: now.atStart,
      atEnd: now.atEnd,
      ready: true,
      stale: this.#stale,
      lastSeq: now.lastSeq,
      firstSeq: now.firstSeq,
    })
    this.#host.changed(this)
  }

  #wished<E extends Entry>(entry: E): E {
    if (entry.kind !== 'message' || this.#wishes.length === 0) return entry
    const wishes = this.#wishes.filter((wish) => wish.seq === entry.seq)
    const me = this.#host.me()
    return wishes.reduce<MessageEntry>((shown, wish) => log.reacted(shown, me, wish.emoji, wish.on), entry) as E
  }
}

function isShown(entry: Entry): entry is MessageEntry | NoticeEntry {
  return entry.kind === 'message' || entry.kind === 'notice'
}

function kindOf(file: File): MediaBody['type'] {
  const [kind] = file.type.split('/')
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file'
}
