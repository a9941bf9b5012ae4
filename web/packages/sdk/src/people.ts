import type { Api } from './api'
import { Batch } from './batch'
import type { LiveFrame } from './frames'
import type { Socket } from './socket'
import type { AccountId, Contact, ContactPatch, FriendRequest, Person, Presence } from './types'
import { Cell } from './watchable'

export interface PeopleHost { readonly api: Api, readonly socket: Socket }

/** The most that one question may name. */
const ASKED = 100
/** The most accounts that the server watches for one socket. */
const WATCHED = 500

/** Everybody the client met: names, contacts, friend requests, who is online. */
export class People {
  readonly known = new Cell<ReadonlyMap<AccountId, Person>>(new Map())
  readonly presence = new Cell<ReadonlyMap<AccountId, Presence>>(new Map())
  readonly contacts = new Cell<readonly Contact[] | null>(null)
  readonly requests = new Cell<readonly FriendRequest[] | null>(null)
  readonly #host: PeopleHost
  readonly #watchers = new Set<readonly AccountId[]>()
  /** Asked for already; who does not exist is not asked for again. */
  readonly #asked = new Set<AccountId>()
  readonly #missing = new Batch<AccountId>(30, (ids) => void this.#fetch([...ids.keys()]))
  readonly #watch = new Batch<'watch'>(50, () => this.#tellWatched())
  readonly #stale = new Batch<'contacts' | 'requests'>(100, (what) => this.#reload([...what.keys()]))

  constructor(host: PeopleHost) {
    this.#host = host
  }

  /** From the cache; a missing one is asked for and shows up in `known`. */
  person(id: AccountId): Person | undefined {
    const person = this.known.value.get(id)
    if (!person && !this.#asked.has(id)) {
      this.#asked.add(id)
      this.#missing.add(id)
    }
    return person
  }

  /** Remark, else name; an empty text while unknown. */
  nameOf(id: AccountId): string {
    const contact = this.contacts.value?.find((item) => item.account.id === id)
    return contact?.remark || (contact?.account ?? this.person(id))?.name || ''
  }

  learn(people: readonly (Person | undefined)[]): void {
    const news = people.filter((person) => person !== undefined && !same(this.known.value.get(person.id), person))
    if (news.length === 0) return
    this.known.update((known) => {
      const next = new Map(known)
      for (const person of news) if (person) next.set(person.id, person)
      return next
    })
  }

  async loadContacts(): Promise<readonly Contact[]> {
    const items = await this.#host.api.contacts.list()
    this.contacts.set(items)
    this.learn(items.map((item) => item.account))
    return items
  }

  async loadRequests(): Promise<readonly FriendRequest[]> {
    const items = await this.#host.api.contacts.requests()
    this.requests.set(items)
    this.learn(items.flatMap((item) => [item.from, item.to]))
    return items
  }

  /** Shown at once; taken back when the server says no. */
  async updateContact(account: AccountId, patch: ContactPatch): Promise<void> {
    const before = this.contacts.value
    const put = (fresh: (old: Contact) => Contact) =>
      this.contacts.update((items) => items && items.map((item) => (item.account.id === account ? fresh(item) : item)))
    put((old) => ({ ...old, ...patch }))
    try {
      const contact = await this.#host.api.contacts.update(account, patch)
      put(() => contact)
      if (patch.remark !== undefined) this.#stale.add('contacts') // it may be filed elsewhere now
    } catch (cause) {
      this.contacts.set(before)
      throw cause
    }
  }

  async removeContact(account: AccountId): Promise<void> {
    await this.#host.api.contacts.remove(account)
    this.contacts.update((items) => items && items.filter((item) => item.account.id !== account))
  }

  async ask(account: AccountId, text?: string): Promise<'asked' | 'friends'> {
    const { outcome } = await this.#host.api.contacts.ask(account, text)
    this.#reload(outcome === 'friends' ? ['contacts', 'requests'] : ['requests'])
    return outcome
  }

  async decide(request: number, answer: 'accept' | 'refuse', remark?: string): Promise<void> {
    const { contacts } = this.#host.api
    const decided = await (answer === 'accept' ? contacts.accept(request, remark) : contacts.refuse(request))
    this.requests.update((items) => items && items.map((item) => (item.id === request ? decided : item)))
    if (answer === 'accept') this.#stale.add('contacts')
  }

  /** Watches until the answer is called; several watchers add up. */
  watchPresence(accounts: readonly AccountId[]): () => void {
    const watcher = [...accounts]
    this.#watchers.add(watcher)
    this.#watch.add('watch')
    return () => {
      if (this.#watchers.delete(watcher)) this.#watch.add('watch')
    }
  }

  heard(frame: LiveFrame): void {
    switch (frame.type) {
      case 'presence': {
        const { account, online, since_ms } = frame
        return this.presence.update((all) => new Map(all).set(account, { account, online, since_ms }))
      }
      case 'contact':
        return this.#stale.add('contacts')
      case 'request':
        return this.#stale.add('requests')
      case 'profile':
        return this.#renamed(frame.account, frame.name, frame.avatar)
    }
  }

  /** The socket is back: whatever changed meanwhile is asked for. */
  caughtUp(): void {
    this.#tellWatched()
    this.#reload(['contacts', 'requests'])
  }

  reset(): void {
    for (const batch of [this.#missing, this.#watch, this.#stale]) batch.clear()
    this.#asked.clear()
    this.#watchers.clear()
    this.known.set(new Map())
    this.presence.set(new Map())
    this.contacts.set(null)
    this.requests.set(null)
  }

  #renamed(id: AccountId, name: string, avatar: string): void {
    const person = this.known.value.get(id)
    if (person) this.learn([{ ...person, name, avatar }])
    const renamed = (item: Contact) =>
      item.account.id === id ? { ...item, account: { ...item.account, name, avatar } } : item
    this.contacts.update((items) => items && items.map(renamed))
  }

  /** Only what somebody has loaded before. */
  #reload(what: readonly ('contacts' | 'requests')[]): void {
    if (what.includes('contacts') && this.contacts.value) void this.loadContacts().catch(() => undefined)
    if (what.includes('requests') && this.requests.value) void this.loadRequests().catch(() => undefined)
  }

  async #fetch(ids: AccountId[]): Promise<void> {
    for (let from = 0; from < ids.length; from += ASKED) {
      const some = ids.slice(from, from + ASKED)
      try {
        this.learn(await this.#host.api.accounts.list(some))
      } catch {
        for (const id of some) this.#asked.delete(id) // the next one who looks asks again
      }
    }
  }

  #tellWatched(): void {
    const accounts = [...new Set([...this.#watchers].flat())].slice(0, WATCHED)
    if (this.#host.socket.send({ type: 'watch', accounts })) {
      this.presence.update((all) => new Map([...all].filter(([id]) => accounts.includes(id))))
    }
  }
}

function same(a: Person | undefined, b: Person): boolean {
  return a !== undefined && a.name === b.name && a.avatar === b.avatar && a.role === b.role && a.nid === b.nid
}
