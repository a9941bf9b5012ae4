/** What travels on the socket: text frames of JSON. */
import type { ProblemBody } from './problem'
import type { AccountId, ConversationId, Draft, Entry, EntryPage, Presence, Seq } from './types'

/** Why the server ended a session. */
export type EndReason = 'replaced' | 'signed_out' | 'password_changed' | 'disabled' | 'converted'

export type ClientFrame =
  | { type: 'hello', token: string }
  | { type: 'ping' }
  | { type: 'ack', conversation: ConversationId, seq: Seq }
  | { type: 'read', conversation: ConversationId, seq: Seq }
  | { type: 'typing', conversation: ConversationId }
  | { type: 'watch', accounts: readonly AccountId[] }

/** Frames that are answered; the socket gives them their id. */
export type RequestFrame =
  | { type: 'sync', positions: Record<string, Seq> }
  | { type: 'range', conversation: ConversationId, after?: Seq, before?: Seq, limit: number }
  | ({ type: 'send', conversation: ConversationId, client_id: string } & Draft)

export type EntriesFrame = { type: 'entries', id?: number, conversation: ConversationId } & EntryPage
export interface SyncedFrame {
  type: 'synced'
  id?: number
  /** The newest place of every conversation, as of the question. */
  heads: Record<string, Seq>
  /** What another device of this account deleted for itself. */
  gone?: Record<string, Seq[]>
}
export interface SentFrame {
  type: 'sent'
  id?: number
  conversation: ConversationId
  seq: Seq
  /** Its id. */
  entry: number
  created_ms: number
}

/** The frame that ends each kind of request. */
export interface Answers { sync: SyncedFrame, range: EntriesFrame, send: SentFrame }

export type LiveFrame =
  | { type: 'entry', entry: Entry }
  | { type: 'read', conversation: ConversationId, account: AccountId, seq: Seq }
  | { type: 'delivered', conversation: ConversationId, account: AccountId, seq: Seq }
  | { type: 'typing', conversation: ConversationId, account: AccountId }
  | ({ type: 'presence' } & Presence)
  | { type: 'conversation', conversation: ConversationId }
  | { type: 'left', conversation: ConversationId }
  | { type: 'deleted', conversation: ConversationId, seq: Seq }
  | { type: 'contact', account: AccountId }
  | { type: 'request', id: number }
  | { type: 'profile', account: AccountId, name: string, avatar: string }
  | { type: 'settings' }

export type ServerFrame =
  | LiveFrame
  | EntriesFrame
  | SyncedFrame
  | SentFrame
  | { type: 'welcome', account: AccountId, session: number, now_ms: number, heartbeat_s: number }
  | { type: 'pong', id?: number }
  | { type: 'done', id: number }
  | ({ type: 'problem', id?: number } & ProblemBody)
  | { type: 'ended', reason: EndReason }
