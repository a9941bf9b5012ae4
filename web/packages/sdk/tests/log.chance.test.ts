import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry, EntryPage } from '../src'
import * as log from '../src/log'
import { LogServer } from './log-server'

const seq = fc.nat({ max: 60 })
const person = fc.integer({ min: 1, max: 3 })
/** Mostly the next one: lines that mix everything up are rare. */
const near = fc.constantFrom(0, 0, 0, 0, 1, 2, 5)
const emoji = fc.constantFrom('👍', '🎉')

/** What may happen, in any order. `which` picks among what is there. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), who: person, quote: fc.option(seq) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const), who: person, of: seq, text: fc.string({ maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('react' as const), who: person, of: seq, emoji, on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), who: person, of: seq }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), who: person, of: seq }) },
  { weight: 16, arbitrary: fc.record({ do: fc.constant('hear' as const), which: near, twice: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const), for: fc.constantFrom('older', 'newer', 'hole', 'older', 'newer', 'hole', 'end', 'middle'), at: seq }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), max: fc.integer({ min: 1, max: 12 }), keep: fc.constantFrom('older' as const, 'newer' as const) }) },
)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A client whose line loses, doubles, reorders and delays. */
class Client {
  now: log.Log
  readonly live: Entry[] = []
  readonly answers: ((now: log.Log) => log.Log | 'stale')[] = []

  readonly server: LogServer

  constructor(server: LogServer) {
    this.server = server
    this.now = log.fromPage(7, server.page({}, 5), 'end')
  }

  play(what: Step): void {
    const { server, live, answers } = this
    const of = 'of' in what ? 1 + (what.of % Math.max(server.head, 1)) : 0
    switch (what.do) {
      case 'say':
        return void live.push(server.say(what.who, `m${server.head}`, what.quote ?? undefined))
      case 'edit':
        return this.change(server.change(what.who, { type: 'edited', of, body: { type: 'text', text: what.text } }))
      case 'react':
        return this.change(server.change(what.who, { type: 'reacted', of, emoji: what.emoji, on: what.on }))
      case 'revoke':
        return this.change(server.change(what.who, { type: 'revoked', of }))
      case 'delete':
        return this.change(server.change(what.who, { type: 'deleted', of }))
      case 'hear': {
        const [entry] = live.splice(what.which % (live.length || 1), 1)
        if (!entry) return
        this.now = log.apply(this.now, entry)
        if (what.twice) this.now = log.apply(this.now, entry)
        return
      }
      case 'lose':
        return void live.splice(what.which % (live.length || 1), 1)
      case 'ask':
        return void answers.push(this.ask(what.for, what.at))
      case 'answer': {
        const [answer] = answers.splice(what.which % (answers.length || 1), 1)
        const next = answer?.(this.now) ?? 'stale'
        if (next !== 'stale') this.now = next
        return
      }
      case 'trim':
        this.now = log.trim(this.now, what.max, what.keep)
    }
  }

  change(told: Entry | null): void {
    if (told) this.live.push(told)
  }

  /** The page is read now and taken later, when it may be old; one that does not fit the window any more is dropped. */
  ask(what: string, at: number): (now: log.Log) => log.Log | 'stale' {
    const { server, now } = this
    const first = now.entries[0]?.seq
    const last = now.entries.at(-1)?.seq
    const read = (place: Parameters<LogServer['page']>[0]): EntryPage => server.page(place, 5)
    switch (what) {
      case 'older': {
        const page = read({ before: first ?? now.told + 1 })
        return (later) => (later.entries[0]?.seq === first ? log.prepend(later, page) : 'stale')
      }
      case 'newer': {
        const page = read({ after: last ?? now.firstSeq - 1 })
        return (later) => (later.entries.at(-1)?.seq === last || later.atEnd ? log.append(later, page) : 'stale')
      }
      case 'end': {
        const page = read({})
        return (later) => log.replace(later, page, 'end')
      }
      case 'middle': {
        const page = read({ around: Math.min(Math.max(at, 1), Math.max(server.head, 1)) })
        return (later) => log.replace(later, page, 'middle')
      }
      default: {
        const hole = log.hole(now)
        if (!hole) return (later) => later
        const page = read({ after: hole.after })
        return (later) => fill(later, hole, page)
      }
    }
  }

  /** The line is good again: what sync does. */
  settle(): void {
    this.now = log.reaches(this.now, this.server.head)
    for (let hole = log.hole(this.now); hole; hole = log.hole(this.now)) {
      this.now = fill(this.now, hole, this.server.page({ after: hole.after }, 5))
    }
  }
}

function fill(now: log.Log, hole: log.Hole, page: EntryPage): log.Log {
  const upTo = Math.min(page.items.at(-1)?.seq ?? hole.before - 1, hole.before - 1)
  return log.fill(now, hole.after, page.items, upTo)
}

/** Without what is only there as `undefined`. */
const plain = (entries: readonly Entry[]): unknown => JSON.parse(JSON.stringify(entries))

test('whatever is lost, doubled, reordered or late: the window becomes what the server has', () => {
  fc.assert(
    fc.property(fc.nat({ max: 12 }), fc.array(step, { maxLength: 120, size: 'max' }), (before, steps) => {
      const server = new LogServer()
      for (let i = 0; i < before; i++) server.say(1, `m${i}`)
      const client = new Client(server)
      for (const what of steps) client.play(what)
      client.settle()
      const { now } = client
      expect(now.told).toBe(server.head)
      expect(now.held).toEqual([])
      const first = now.entries[0]?.seq ?? 0
      const last = now.entries.at(-1)?.seq ?? 0
      if (now.entries.length > 0) {
        const truth = server.page({ after: first - 1 }, last - first + 1).items
        expect(plain(now.entries)).toEqual(plain(truth))
      }
      if (now.atEnd) expect(last).toBe(server.head)
      if (now.atStart && now.entries.length > 0) expect(first).toBe(1)
    }),
    { numRuns: 3_000 },
  )
})
