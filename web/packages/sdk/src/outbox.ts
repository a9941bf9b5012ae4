/** Messages on their way: shown at once, kept while offline, sent in order, said once. */
import { tabLock, type Lock } from './lock'
import { Problem } from './problem'
import { newClientId } from './session'
import type { OutboxStore } from './outbox-store'
import type { AccountId, ConversationId, Draft, MediaBody, Seq } from './types'
import { Cell, type Watchable } from './watchable'

export interface Pending {
  readonly clientId: string
  readonly conversation: ConversationId
  /** What will be said; a file that is not uploaded yet has an empty url. */
  readonly draft: Draft
  readonly createdMs: number
  /** `sent`: on the server's disk; its entry has not come in yet. */
  readonly state: 'uploading' | 'sending' | 'sent' | 'failed'
  /** Why it failed. */
  readonly problem?: PendingProblem
  /** 0 … 1 while uploading. */
  readonly progress?: number
  /** The file to upload; such an item lives as long as the page. */
  readonly file?: File
  /** Its place in the log, once sent. */
  readonly seq?: Seq
}

export interface PendingProblem { code: string, status: number, field?: string, retryAfterMs?: number }

type Items = readonly Pending[]

// The reducer

/** Adds one, in the order of creation; one that is there already stays as it is. */
export function add(items: Items, item: Pending): Items {
  if (items.some((other) => other.clientId === item.clientId)) return items
  return [...items, item].sort((a, b) => a.createdMs - b.createdMs)
}

export function update(items: Items, clientId: string, change: Partial<Pending>): Items {
  return items.map((item) => (item.clientId === clientId ? { ...item, ...change } : item))
}

export function remove(items: Items, clientId: string): Items {
  return items.some((item) => item.clientId === clientId) ? items.filter((item) => item.clientId !== clientId) : items
}

/** What may leave now: the oldest that is ready of each conversation that has nothing under way. */
export function ready(items: Items, underWay: ReadonlySet<string>): Pending[] {
  const busy = new Set(items.filter((item) => underWay.has(item.clientId)).map((item) => item.conversation))
  return items.filter((item) => {
    if (item.state !== 'sending' || busy.has(item.conversation)) return false
    busy.add(item.conversation)
    return true
  })
}

/** Tries a failed one again, from where it stopped. */
export function retried(item: Pending): Pending {
  if (item.state !== 'failed') return item
  const state = item.file ? 'uploading' : 'sending'
  return { ...item, state, problem: undefined, progress: undefined }
}

/** The file is on the server: what it says about it, unless the draft knew better. */
export function uploaded(item: Pending, body: MediaBody): Pending {
  const known = Object.fromEntries(Object.entries(item.draft.body).filter(([key, value]) => value && key !== 'url'))
  const merged = (known.type === body.type ? { ...body, ...known } : body) as MediaBody
  return { ...item, state: 'sending', file: undefined, progress: undefined, draft: { ...item.draft, body: merged } }
}

// The driver

export interface OutboxOptions {
  store: OutboxStore
  /** Says it to the server; the answer is its place. */
  send(item: Pending): Promise<Seq>
  upload(file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<MediaBody>
  /** Keeps two tabs from saying the same; default: the browser's locks. */
  lock?: Lock
  /** Of the pauses between attempts; for tests. */
  random?(): number
}

/** Uploads at the same time. */
const UPLOADS = 2
/** The pause after a passing problem that names none, at most; it doubles with each one in a row. */
const PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 60_000
/** How long an item that is sent waits for its entry; the log has it anyway. */
const LINGER_MS = 30_000

export class Outbox {
  readonly items: Watchable<Items>
  readonly #items = new Cell<Items>([])
  readonly #options: OutboxOptions
  readonly #underWay = new Set<string>()
  readonly #uploads = new Map<string, AbortController>()
  readonly #lingering = new Set<ReturnType<typeof setTimeout>>()
  #account: AccountId | null = null
  #online = false
  /** Passing problems in a row. */
  #setbacks = 0
  /** Kept in the store: one that is there no more was dealt with by another tab. */
  readonly #stored = new Set<string>()
  #pause: ReturnType<typeof setTimeout> | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
    this.items = this.#items
  }

  /** Takes up what this account left unsent; null drops everything from memory. */
  async open(account: AccountId | null): Promise<void> {
    if (account === this.#account) return
    for (const upload of this.#uploads.values()) upload.abort()
    for (const timer of this.#lingering) clearTimeout(timer)
    this.#uploads.clear()
    this.#underWay.clear()
    this.#stored.clear()
    this.#account = account
    this.#items.set([])
    if (account === null) return
    const kept = await this.#options.store.load(account).catch(() => [])
    if (this.#account !== account) return
    for (const item of kept) this.#stored.add(item.clientId)
    this.#items.update((items) => kept.reduce<Items>(add, items))
    this.#pump()
  }

  /** Whether messages can leave; once they can, they do. */
  online(online: boolean): void {
    this.#online = online
    this.#hurry()
    this.#pump()
  }

  add(conversation: ConversationId, draft: Draft, file?: File): string {
    const clientId = newClientId()
    const last = this.#items.value.at(-1)?.createdMs ?? 0
    const createdMs = Math.max(Date.now(), last + 1) // the order of the list, also when the clock steps back
    const item: Pending = { clientId, conversation, draft, createdMs, state: file ? 'uploading' : 'sending', file }
    this.#items.update((items) => add(items, item))
    this.#keep(item)
    this.#pump()
    return clientId
  }

  retry(clientId: string): void {
    const item = this.#item(clientId)
    if (!item) return
    this.#change(clientId, retried(item))
    this.#hurry()
    this.#pump()
  }

  /** Drops one that is not sent. One that is under way may still arrive. */
  discard(clientId: string): void {
    this.#uploads.get(clientId)?.abort()
    this.#drop(clientId)
  }

  /** Its entry is here. */
  arrived(clientId: string): void {
    if (this.#item(clientId)) this.#drop(clientId)
  }

  close(): void {
    clearTimeout(this.#pause)
    void this.open(null)
  }

  #pump(): void {
    if (!this.#online || this.#account === null || this.#pause !== undefined) return
    for (const item of ready(this.#items.value, this.#underWay)) void this.#send(item)
    for (const item of this.#items.value) {
      if (this.#uploads.size >= UPLOADS) break
      if (item.state === 'uploading' && item.file && !this.#uploads.has(item.clientId)) void this.#upload(item, item.file)
    }
  }

  async #send(item: Pending): Promise<void> {
    this.#underWay.add(item.clientId)
    try {
      await (this.#options.lock ?? tabLock)(`hongyan.outbox.${item.clientId}`, () => this.#say(item))
      this.#setbacks = 0
    } catch (cause) {
      this.#refused(item.clientId, Problem.of(cause))
    }
    this.#underWay.delete(item.clientId)
    this.#pump()
  }

  /** Says it, unless another tab has meanwhile: then its entry comes as everybody's. */
  async #say(item: Pending): Promise<void> {
    const { clientId } = item
    const account = this.#account
    if (account === null) return
    if (this.#stored.has(clientId)) {
      const kept = await this.#options.store.get(account, clientId).catch(() => item)
      if (account !== this.#account) return
      if (!kept) return this.#items.update((items) => remove(items, clientId))
      if (kept.state === 'failed') return this.#items.update((items) => update(items, clientId, kept))
    }
    const seq = await this.#options.send(item)
    await this.#options.store.remove(account, clientId).catch(() => undefined)
    if (account === this.#account) this.#sent(clientId, seq)
  }

  #sent(clientId: string, seq: Seq): void {
    if (!this.#item(clientId)) return
    this.#change(clientId, { state: 'sent', seq })
    const timer = setTimeout(() => {
      this.#lingering.delete(timer)
      this.arrived(clientId)
    }, LINGER_MS)
    this.#lingering.add(timer)
  }

  async #upload(item: Pending, file: File): Promise<void> {
    const control = new AbortController()
    this.#uploads.set(item.clientId, control)
    const progress = (part: number) => this.#change(item.clientId, { progress: part })
    try {
      const body = await this.#options.upload(file, progress, control.signal)
      const now = this.#item(item.clientId)
      if (now) this.#change(item.clientId, uploaded(now, body))
      this.#setbacks = 0
    } catch (cause) {
      if (!control.signal.aborted) this.#refused(item.clientId, Problem.of(cause))
    }
    this.#uploads.delete(item.clientId)
    this.#pump()
  }

  /** What may pass is tried again after a pause, or when the line is back; the rest is for the person to decide. */
  #refused(clientId: string, problem: Problem): void {
    if (!this.#item(clientId)) return
    if (problem.passing) return this.#later(problem.retryAfterMs ?? this.#growingPause())
    const { code, status, field, retryAfterMs } = problem
    this.#change(clientId, { state: 'failed', problem: { code, status, field, retryAfterMs } })
  }

  /** Between half and all of a pause that doubles: a server in trouble is not met by everybody at once. */
  #growingPause(): number {
    const ceiling = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** this.#setbacks++)
    return ceiling * (0.5 + (this.#options.random ?? Math.random)() / 2)
  }

  /** The line is back, or a person wants it now: no pause any more. */
  #hurry(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.#setbacks = 0
  }

  #later(ms: number): void {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#pump()
    }, ms)
  }

  #item(clientId: string): Pending | undefined {
    return this.#items.value.find((item) => item.clientId === clientId)
  }

  #change(clientId: string, change: Partial<Pending>): void {
    this.#items.update((items) => update(items, clientId, change))
    const item = this.#item(clientId)
    if (item && change.state !== undefined && item.state !== 'sent') this.#keep(item)
  }

  #drop(clientId: string): void {
    this.#items.update((items) => remove(items, clientId))
    this.#forget(clientId)
  }

  #keep(item: Pending): void {
    if (this.#account === null || item.file) return
    const { store } = this.#options
    void store.put(this.#account, item).then(() => this.#stored.add(item.clientId), () => undefined) // a full disk: it lives as long as the page
  }

  #forget(clientId: string): void {
    if (this.#account !== null) void this.#options.store.remove(this.#account, clientId).catch(() => undefined)
  }
}
