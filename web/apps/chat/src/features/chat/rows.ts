import type { LogView, MessageEntry, NoticeEntry, Pending } from '@hongyan/sdk'

/** A message, and how it joins those around it: one person's within a few minutes look like one. */
export interface MessageRow {
  kind: 'message'
  key: string
  entry: MessageEntry
  first: boolean
  last: boolean
}
export interface PendingRow { kind: 'pending', key: string, pending: Pending, first: boolean, last: boolean }
export interface NoticeRow { kind: 'notice', key: string, entry: NoticeEntry }
/** A day begins. */
export interface DayRow { kind: 'day', key: string, ms: number }
/** What follows was not read when the conversation was opened. */
export interface UnreadRow { kind: 'unread', key: string }
export type Row = MessageRow | PendingRow | NoticeRow | DayRow | UnreadRow

/** Messages further apart stand alone. */
const TOGETHER_MS = 5 * 60_000

/**
 * The rows of a view: entries with days and the mark of what is unread between them, and what is on its way behind.
 * A message keeps its key when it arrives, so that it stays where it is.
 */
export function rowsOf(view: Pick<LogView, 'entries' | 'pending' | 'atEnd'>, me: number, unreadAfter: number | null): Row[] {
  const rows: Row[] = []
  let day = ''
  let marked = unreadAfter === null
  const arrived = new Set<string>()
  for (const entry of view.entries) {
    if (dayOf(entry.created_ms) !== day) {
      day = dayOf(entry.created_ms)
      rows.push({ kind: 'day', key: `day-${day}`, ms: entry.created_ms })
    }
    if (!marked && entry.seq > unreadAfter!) {
      if (rows.some((row) => row.kind === 'message' || row.kind === 'notice')) rows.push({ kind: 'unread', key: 'unread' })
      marked = true
    }
    if (entry.kind === 'notice') rows.push({ kind: 'notice', key: `s${entry.seq}`, entry })
    else {
      const mine = entry.sender?.id === me && entry.client_id
      if (mine) arrived.add(entry.client_id!)
      rows.push({ kind: 'message', key: mine ? `c${entry.client_id}` : `s${entry.seq}`, entry, first: true, last: true })
    }
  }
  if (view.atEnd) {
    for (const pending of view.pending) {
      if (arrived.has(pending.clientId)) continue
      if (dayOf(pending.createdMs) > day) {
        day = dayOf(pending.createdMs)
        rows.push({ kind: 'day', key: `day-${day}`, ms: pending.createdMs })
      }
      rows.push({ kind: 'pending', key: `c${pending.clientId}`, pending, first: true, last: true })
    }
  }
  return joined(rows, me)
}

/** The local day, sortable. */
export function dayOf(ms: number): string {
  const date = new Date(ms)
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`
}

function joined(rows: Row[], me: number): Row[] {
  for (let i = 1; i < rows.length; i++) {
    const [one, next] = [rows[i - 1]!, rows[i]!]
    if (!joins(one, next, me)) continue
    ;(one as MessageRow | PendingRow).last = false
    ;(next as MessageRow | PendingRow).first = false
  }
  return rows
}

function joins(one: Row, next: Row, me: number): boolean {
  const [a, b] = [authorOf(one, me), authorOf(next, me)]
  return a !== null && b !== null && a.id === b.id && b.ms - a.ms < TOGETHER_MS
}

function authorOf(row: Row, me: number): { id: number, ms: number } | null {
  if (row.kind === 'pending') return { id: me, ms: row.pending.createdMs }
  if (row.kind === 'message' && !row.entry.revoked) return { id: row.entry.sender?.id ?? 0, ms: row.entry.created_ms }
  return null
}

/** The place in the log of a row; 0 when it has none. */
export function seqOf(row: Row | undefined): number {
  return row && (row.kind === 'message' || row.kind === 'notice') ? row.entry.seq : 0
}
