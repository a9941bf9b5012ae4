/**
 * The log of one conversation as a client holds it: a window of entries that follows the newest one, or stands somewhere
 * before it. Pure: the same log and input give the same answer, and nothing is changed in place.
 */
import type { KeptLog } from './entry-cache'
import type { ChangeEntry, ConversationId, Entry, EntryPage, MessageEntry, Reaction, Seq } from './types'

export interface Log {
  readonly conversation: ConversationId
  /** The window, ascending, without holes. */
  readonly entries: readonly Entry[]
  /** Nothing older exists. */
  readonly atStart: boolean
  /** Whether the window ends with the newest entry that was told. */
  readonly atEnd: boolean
  /** Everything up to here was told; changes up to here are in the window. */
  readonly told: Seq
  /** The newest place that is known to exist. */
  readonly lastSeq: Seq
  /** What was cleared lies before it. */
  readonly firstSeq: Seq
  /** Told ahead of what is between, ascending. */
  readonly held: readonly Entry[]
  /** The changes after `changesFrom` up to `told`: a page that was read before them is brought up to date. */
  readonly changes: readonly ChangeEntry[]
  readonly changesFrom: Seq
}

/** Places `after` < seq < `before` that are missing. */
export interface Hole { readonly after: Seq, readonly before: Seq }

/** Entries that are held while a hole before them is asked for. */
const HELD = 256
/** Changes that are kept for pages under way. */
const CHANGES = 256
/** Entries that a person sees, of those that are kept; and entries in all. */
const KEPT = 50
const KEPT_IN_ALL = 200

/** A log whose window is a page. `where`: the newest page, or one from somewhere in the log. */
export function fromPage(conversation: ConversationId, page: EntryPage, where: 'end' | 'middle'): Log {
  const last = page.items.at(-1)?.seq
  const atEnd = where === 'end' || last === page.last_seq
  // An entry may have come between the page and its `last_seq`: then it is a hole, and asked for.
  const told = atEnd ? (last ?? page.last_seq) : page.last_seq
  return {
    conversation,
    entries: page.items,
    atStart: startsAt(page, page.first_seq),
    atEnd,
    told,
    lastSeq: Math.max(page.last_seq, told),
    firstSeq: page.first_seq,
    held: [],
    changes: [],
    changesFrom: told,
  }
}

/** The log as it was when it was last seen. */
export function fromKept({ conversation, entries, told, firstSeq, atStart }: KeptLog): Log {
  return { conversation, entries, atStart, atEnd: true, told, lastSeq: told, firstSeq, held: [], changes: [], changesFrom: told }
}

/** The end of the log, to be kept; null when the window is somewhere else. */
export function tail({ conversation, entries, atEnd, atStart, told, firstSeq }: Log): KeptLog | null {
  if (!atEnd) return null
  let seen = 0
  let from = entries.length
  while (from > 0 && seen < KEPT && entries.length - from < KEPT_IN_ALL) {
    const { kind } = entries[--from]!
    if (kind === 'message' || kind === 'notice') seen += 1
  }
  return { conversation, entries: entries.slice(from), told, firstSeq, atStart: atStart && from === 0 }
}

/** Takes a page in the window's place; what was told since the page was read is told again. */
export function replace(log: Log, page: EntryPage, where: 'end' | 'middle'): Log {
  const fresh = fromPage(log.conversation, page, where)
  const later = [...log.changes, ...log.entries, ...log.held].filter((entry) => entry.seq > fresh.told)
  return later.reduce(apply, { ...fresh, lastSeq: Math.max(fresh.lastSeq, log.lastSeq) })
}

/** The next entry, live or from a range. One that comes too early is held until `hole` is filled. */
export function apply(log: Log, entry: Entry): Log {
  if (entry.seq <= log.told) return entry.kind === 'gone' ? forget(log, entry.seq) : log // told twice
  if (entry.seq > log.told + 1) return hold(log, entry)
  return drain(tell(log, entry))
}

/** A stretch that was asked for: everything `after` < seq ≤ `upTo` that may be seen is in `items`. */
export function fill(log: Log, after: Seq, items: readonly Entry[], upTo: Seq): Log {
  if (after > log.told || upTo <= log.told) return log
  const told = items.filter((entry) => entry.seq > log.told && entry.seq <= upTo).reduce(tell, log)
  return drain({ ...told, told: upTo, lastSeq: Math.max(told.lastSeq, upTo) })
}

/** What has to be asked for before `held` can be told. */
export function hole(log: Log): Hole | null {
  const before = log.held[0]?.seq ?? log.lastSeq + 1
  return before > log.told + 1 ? { after: log.told, before } : null
}

/** Somebody said that the log goes up to `seq`. */
export function reaches(log: Log, seq: Seq): Log {
  return seq > log.lastSeq ? { ...log, lastSeq: seq } : log
}

/** A page that ends right before the window; `stale` when it is too old to be brought up to date: ask again. */
export function prepend(log: Log, page: EntryPage): Log | 'stale' {
  if (page.last_seq < log.changesFrom) return 'stale'
  const first = log.entries[0]?.seq ?? log.told + 1
  const older = page.items.filter((entry) => entry.seq < first).map((entry) => upToDate(log, entry))
  const firstSeq = Math.max(log.firstSeq, page.first_seq)
  return {
    ...log,
    entries: [...older, ...log.entries],
    atStart: older.length === 0 || startsAt({ ...page, items: older }, firstSeq),
    firstSeq,
  }
}

/** A page that begins right behind a window in the middle; `stale` as in `prepend`. */
export function append(log: Log, page: EntryPage): Log | 'stale' {
  if (log.atEnd) return page.items.reduce(apply, reaches(log, page.last_seq))
  if (page.last_seq < log.changesFrom) return 'stale'
  const last = log.entries.at(-1)?.seq ?? log.firstSeq - 1
  const newer = page.items.filter((entry) => entry.seq > last && entry.seq <= log.told)
  const entries = [...log.entries, ...newer.map((entry) => upToDate(log, entry))]
  const atEnd = (page.items.at(-1)?.seq ?? page.last_seq) >= log.told
  return page.items.reduce(apply, { ...reaches(log, page.last_seq), entries, atEnd })
}

/** Fresh copies of entries in the window: what only the server knows (deleted for me) shows up. */
export function refresh(log: Log, items: readonly Entry[]): Log {
  const fresh = new Map(items.map((entry) => [entry.seq, entry]))
  return mapEntries(log, (entry) => newer(entry, fresh.get(entry.seq)))
}

/** Deleted for me. */
export function forget(log: Log, seq: Seq): Log {
  return mapEntries(log, (entry) => (entry.seq === seq && entry.kind !== 'gone' ? gone(entry, entry.changed_seq) : entry))
}

/** Cleared for me: what lies before `firstSeq` is out of sight. */
export function clear(log: Log, firstSeq: Seq): Log {
  if (firstSeq <= log.firstSeq) return log
  const entries = log.entries.filter((entry) => entry.seq >= firstSeq)
  const cut = entries.length < log.entries.length
  const atEnd = log.atEnd || firstSeq > log.told
  return { ...log, firstSeq, entries, atEnd, atStart: log.atStart || cut }
}

/** Shortens a window to `max` entries; what is dropped is loaded again when it is wanted. */
export function trim(log: Log, max: number, keep: 'older' | 'newer'): Log {
  if (log.entries.length <= max) return log
  if (keep === 'older') return { ...log, entries: log.entries.slice(0, max), atEnd: false }
  return { ...log, entries: log.entries.slice(-max), atStart: false }
}

/** What `change` makes of the entry it is about; the same entry when it shows the change already. */
export function changed(entry: Entry, change: ChangeEntry): Entry {
  if (entry.seq !== change.body.of || entry.changed_seq >= change.seq) return entry
  if (change.body.type === 'deleted') return gone(entry, change.seq)
  if (entry.kind !== 'message') return entry
  const seen = { ...entry, changed_seq: change.seq }
  if (entry.revoked) return seen
  switch (change.body.type) {
    case 'revoked':
      return revoked(entry, change.seq)
    case 'edited':
      return change.body.body ? { ...seen, body: change.body.body, edited_ms: change.created_ms } : seen
    case 'reacted':
      return { ...reacted(entry, change.sender?.id ?? 0, change.body.emoji, change.body.on), changed_seq: change.seq }
  }
}

/** `account` puts an emoji on a message, or takes it off; doing it twice is doing it once. */
export function reacted(entry: MessageEntry, account: number, emoji: string, on: boolean): MessageEntry {
  const old = entry.reactions ?? []
  const known = old.some((reaction) => reaction.emoji === emoji)
  const all = known || !on ? old : [...old, { emoji, accounts: [] }]
  const reactions = all.map((reaction) => toggled(reaction, account, emoji, on)).filter((r) => r.accounts.length > 0)
  const { reactions: _, ...rest } = entry
  return reactions.length > 0 ? { ...rest, reactions } : rest
}

function toggled(reaction: Reaction, account: number, emoji: string, on: boolean): Reaction {
  if (reaction.emoji !== emoji) return reaction
  const others = reaction.accounts.filter((id) => id !== account)
  if (!on) return { emoji, accounts: others }
  return reaction.accounts.includes(account) ? reaction : { emoji, accounts: [...others, account] }
}

function revoked(entry: MessageEntry, changed_seq: Seq): MessageEntry {
  const { body: _, reactions: __, edited_ms: ___, ...rest } = entry
  return { ...rest, revoked: true, changed_seq }
}

function gone(entry: Entry, changed_seq: Seq): Entry {
  const { id, conversation, seq, created_ms } = entry
  return { id, conversation, seq, kind: 'gone', created_ms, changed_seq }
}

/** Which of two copies of an entry shows more. What is gone stays gone. */
function newer(old: Entry, fresh: Entry | undefined): Entry {
  if (!fresh || old.kind === 'gone') return old
  return fresh.kind === 'gone' || fresh.changed_seq > old.changed_seq ? fresh : old
}

function upToDate(log: Log, entry: Entry): Entry {
  return log.changes.reduce((copy, change) => requoted(changed(copy, change), change), entry)
}

/** A quote shows its message as it is now. */
function requoted(entry: Entry, change: ChangeEntry): Entry {
  if (entry.kind !== 'message' || entry.quote?.seq !== change.body.of || change.body.type === 'reacted') return entry
  const body = change.body.type === 'edited' ? change.body.body : undefined
  return { ...entry, quote: body ? { ...entry.quote, body } : { seq: entry.quote.seq, body: null } }
}

/** The entry that follows `told`: into the window when that is at the end, and what it changes is changed. */
function tell(log: Log, entry: Entry): Log {
  const entries = log.atEnd && entry.seq >= log.firstSeq ? [...log.entries, entry] : log.entries
  const next = { ...log, entries, told: entry.seq, lastSeq: Math.max(log.lastSeq, entry.seq) }
  if (entry.kind !== 'change') return next
  const all = [...log.changes, entry]
  const dropped = all.length > CHANGES ? all[0]!.seq : log.changesFrom
  const changes = all.slice(-CHANGES)
  return mapEntries({ ...next, changes, changesFrom: dropped }, (old) => requoted(changed(old, entry), entry))
}

function drain(log: Log): Log {
  let next = log
  for (const entry of log.held) {
    if (entry.seq > next.told + 1) break
    if (entry.seq === next.told + 1) next = tell(next, entry)
  }
  return next.held.length === 0 ? next : { ...next, held: next.held.filter((entry) => entry.seq > next.told) }
}

function hold(log: Log, entry: Entry): Log {
  const lastSeq = Math.max(log.lastSeq, entry.seq)
  const at = log.held.findIndex((other) => other.seq >= entry.seq)
  const same = at >= 0 && log.held[at]!.seq === entry.seq
  const held =
    at < 0 ? [...log.held, entry]
    : same ? log.held.with(at, newer(log.held[at]!, entry))
    : log.held.toSpliced(at, 0, entry)
  return { ...log, lastSeq, held: held.slice(0, HELD) } // what falls off is a hole later on
}

/** Keeps the array, and so what is bound to it, when no entry changed. */
function mapEntries(log: Log, change: (entry: Entry) => Entry): Log {
  const entries = log.entries.map(change)
  return entries.some((entry, i) => entry !== log.entries[i]) ? { ...log, entries } : log
}

function startsAt(page: EntryPage, firstSeq: Seq): boolean {
  return (page.items[0]?.seq ?? 0) <= firstSeq
}
