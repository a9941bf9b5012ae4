/** The list of conversations as pure functions: the same list and event give the same answer. */
import { changed } from './log'
import type { AccountId, Conversation, ConversationId, Entry, MessageEntry, Person, Seq } from './types'

export interface Conversations {
  readonly me: AccountId
  readonly byId: ReadonlyMap<ConversationId, Conversation>
}

export interface Totals {
  /** Of conversations that are not quiet. */
  readonly unread: number
  /** Of quiet ones. */
  readonly quiet: number
  readonly mentioned: boolean
}

/** As many as the server counts. */
const MOST_UNREAD = 999

export function conversations(me: AccountId, items: readonly Conversation[] = []): Conversations {
  return { me, byId: new Map(items.map((item) => [item.id, item])) }
}

/** Takes a conversation as the server has it now. */
export function put(list: Conversations, item: Conversation): Conversations {
  return { ...list, byId: new Map(list.byId).set(item.id, item) }
}

export function remove(list: Conversations, id: ConversationId): Conversations {
  const byId = new Map(list.byId)
  return byId.delete(id) ? { ...list, byId } : list
}

/** Changes one conversation; nothing when it is not in the list. */
export function patch(list: Conversations, id: ConversationId, change: Partial<Conversation>): Conversations {
  const item = list.byId.get(id)
  return item ? put(list, { ...item, ...change }) : list
}

/**
 * A live entry: new preview, new place in the order, one more unread. `ask` when the list cannot know what it means: an
 * unknown conversation, a gap, a change of what the preview or the unread count is made of.
 */
export function apply(list: Conversations, entry: Entry): Conversations | 'ask' {
  const item = list.byId.get(entry.conversation)
  if (!item) return 'ask'
  if (entry.seq <= item.last_seq) return entry.kind === 'gone' && item.last?.seq === entry.seq ? 'ask' : list
  if (entry.seq > item.last_seq + 1) return 'ask'
  const next = { ...item, last_seq: entry.seq }
  switch (entry.kind) {
    case 'message':
      return put(list, said(list.me, next, entry))
    case 'notice':
      return put(list, { ...next, last: entry, updated_ms: entry.created_ms, hidden: false })
    case 'change': {
      const { of, type } = entry.body
      const takenBack = type === 'deleted' || type === 'revoked'
      if (takenBack && (of > item.read_seq || (type === 'deleted' && item.last?.seq === of))) return 'ask'
      return put(list, { ...next, last: item.last && changed(item.last, entry) })
    }
    case 'gone':
      return put(list, next)
  }
}

function said(me: AccountId, item: Conversation, entry: MessageEntry): Conversation {
  const shown = { ...item, last: entry, updated_ms: entry.created_ms, hidden: false }
  if (entry.sender?.id === me) return shown
  const mentions = entry.mention_all === true || (entry.mentions?.includes(me) ?? false)
  return { ...shown, unread: Math.min(item.unread + 1, MOST_UNREAD), mentioned: item.mentioned || mentions }
}

/** Somebody has read up to `seq`. `ask` when the unread count behind it is not known. */
export function applyRead(list: Conversations, id: ConversationId, account: AccountId, seq: Seq): Conversations | 'ask' {
  const item = list.byId.get(id)
  if (!item) return list
  if (account !== list.me) {
    const peer_read_seq = Math.max(item.peer_read_seq ?? 0, seq)
    const peer_delivered_seq = Math.max(item.peer_delivered_seq ?? 0, seq)
    return put(list, { ...item, peer_read_seq, peer_delivered_seq })
  }
  if (seq >= item.last_seq) {
    const read = { read_seq: seq, unread: 0, mentioned: false, marked_unread: false }
    return put(list, { ...item, ...read })
  }
  if (seq <= item.read_seq) return list
  return item.unread === 0 ? patch(list, id, { read_seq: seq }) : 'ask'
}

export function applyDelivered(list: Conversations, id: ConversationId, account: AccountId, seq: Seq): Conversations {
  const item = list.byId.get(id)
  if (!item || account === list.me || seq <= (item.peer_delivered_seq ?? 0)) return list
  return put(list, { ...item, peer_delivered_seq: seq })
}

/** Somebody has a new name or picture. What the caller calls them by a remark keeps that. */
export function applyProfile(list: Conversations, person: Pick<Person, 'id' | 'name' | 'avatar'>): Conversations {
  for (const item of list.byId.values()) {
    if (item.kind !== 'direct' || item.peer?.id !== person.id) continue
    const name = item.name === item.peer.name ? person.name : item.name
    return put(list, { ...item, name, avatar: person.avatar, peer: { ...item.peer, ...person } })
  }
  return list
}

/**
 * Takes the whole list as the server answered it. A conversation that moved on since is kept, and named in `ask`;
 * what the answer leaves out (the inbox, hidden ones) stays when `keeps` says so.
 */
export function merge(
  list: Conversations,
  items: readonly Conversation[],
  keeps: (item: Conversation) => boolean,
): { list: Conversations, ask: ConversationId[] } {
  const byId = new Map([...list.byId].filter(([, item]) => keeps(item)))
  const ask: ConversationId[] = []
  for (const item of items) {
    const old = list.byId.get(item.id)
    const behind = old !== undefined && (old.last_seq > item.last_seq || old.read_seq > item.read_seq)
    if (behind) ask.push(item.id)
    byId.set(item.id, behind ? old : item)
  }
  return { list: { ...list, byId }, ask }
}

/** What a person sees: pinned first, then newest activity. */
export function ordered(list: Conversations): Conversation[] {
  return [...list.byId.values()]
    .filter((item) => item.kind !== 'inbox' && !item.hidden)
    .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updated_ms - a.updated_ms || b.id - a.id)
}

export function totals(items: readonly Conversation[]): Totals {
  const count = (item: Conversation) => item.unread || Number(item.marked_unread)
  const sum = (quiet: boolean) =>
    items.filter((item) => item.quiet === quiet).reduce((all, item) => all + count(item), 0)
  return { unread: sum(false), quiet: sum(true), mentioned: items.some((item) => item.mentioned) }
}
