import type { ChangeBody, Entry, EntryPage, MessageEntry, Reaction } from '../src'

/** A conversation as a server keeps it: an independent reading of the rules, against which the client's log is held. */
export class LogServer {
  readonly #entries: Entry[] = []

  get head(): number {
    return this.#entries.length
  }

  say(sender: number, text: string, quote?: number, client_id?: string): Entry {
    const of = quote === undefined ? undefined : this.#message(quote)
    const quoted = of && { seq: of.seq, sender_id: of.sender?.id, body: of.body ?? null }
    return this.#push({ kind: 'message', sender: person(sender), body: { type: 'text', text }, client_id, ...(quoted && { quote: quoted }) })
  }

  /** Does to `of` what `body` says; null when that is no message any more. */
  change(sender: number, body: ChangeBody): Entry | null {
    const target = this.#message(body.of)
    if (!target) return null
    const told = this.#push({ kind: 'change', sender: person(sender), body })
    const changed = this.#changed(target, told, sender, body)
    this.#entries[body.of - 1] = { ...changed, changed_seq: told.seq }
    if (body.type !== 'reacted') this.#requote(body.of)
    return structuredClone(told)
  }

  page(at: { before?: number, after?: number, around?: number }, limit: number): EntryPage {
    const end = this.head
    let from = Math.max(0, end - limit)
    if (at.after !== undefined) from = at.after
    if (at.before !== undefined) from = Math.max(0, at.before - 1 - limit)
    if (at.around !== undefined) from = Math.max(0, at.around - 1 - Math.floor(limit / 2))
    const to = at.before === undefined ? from + limit : at.before - 1
    return { items: structuredClone(this.#entries.slice(from, to)), last_seq: end, first_seq: 1 }
  }

  #message(seq: number): MessageEntry | null {
    const entry = this.#entries[seq - 1]
    return entry?.kind === 'message' && !entry.revoked ? entry : null
  }

  #push(what: Partial<MessageEntry> | { kind: 'change', body: ChangeBody, sender: ReturnType<typeof person> }): Entry {
    const seq = this.head + 1
    const entry = { id: 1000 + seq, conversation: 7, seq, created_ms: seq * 10, changed_seq: 0, ...what } as Entry
    this.#entries.push(entry)
    return structuredClone(entry)
  }

  #changed(target: MessageEntry, told: Entry, by: number, body: ChangeBody): Entry {
    const { id, conversation, seq, created_ms, changed_seq, sender, client_id, quote } = target
    const bare = { id, conversation, seq, created_ms, changed_seq }
    switch (body.type) {
      case 'deleted':
        return { ...bare, kind: 'gone' }
      case 'revoked':
        return { ...bare, kind: 'message', sender, client_id, ...(quote && { quote }), revoked: true }
      case 'edited':
        return { ...target, body: body.body, edited_ms: told.created_ms }
      case 'reacted': {
        const reactions = react(target.reactions ?? [], by, body.emoji, body.on)
        const { reactions: _, ...rest } = target
        return reactions.length > 0 ? { ...rest, reactions } : rest
      }
    }
  }

  #requote(of: number): void {
    const target = this.#entries[of - 1]!
    const said = target.kind === 'message' ? target.body : undefined
    const quote = said && target.kind === 'message' ? { seq: of, sender_id: target.sender?.id, body: said } : { seq: of, body: null }
    this.#entries.forEach((entry, i) => {
      if (entry.kind === 'message' && entry.quote?.seq === of) this.#entries[i] = { ...entry, quote }
    })
  }
}

function react(old: Reaction[], by: number, emoji: string, on: boolean): Reaction[] {
  const map = new Map(old.map((reaction) => [reaction.emoji, new Set(reaction.accounts)]))
  if (on) map.set(emoji, (map.get(emoji) ?? new Set()).add(by))
  else map.get(emoji)?.delete(by)
  return [...map].filter(([, who]) => who.size > 0).map(([name, who]) => ({ emoji: name, accounts: [...who] }))
}

function person(id: number) {
  return { id, name: `p${id}`, avatar: '' }
}
