/**
 * Hongyan's native API for browsers. `Client` is where one begins; the pure functions behind it are exported for those
 * who keep their own state.
 */
export { Client, type ClientEvents, type ClientOptions, type Status } from './client'
export { ConversationLog, type LogView } from './conversation-log'
export { Api, type EntriesAt, type PageOptions } from './api'
export { Http, type Call, type HttpOptions, type Query, type Tokens } from './http'
export { Session, newClientId, type SessionOptions } from './session'
export type { Lock } from './lock'
export { Socket, type SocketOptions, type SocketState, type Transport } from './socket'
export { Outbox, type OutboxOptions, type Pending, type PendingProblem } from './outbox'
export { indexedDbEntries, memoryEntries, type EntryCache, type KeptLog } from './entry-cache'
export { indexedDbOutbox, keyStoreOutbox, type OutboxStore } from './outbox-store'
export { localKeyStore, memoryKeyStore, type KeyStore } from './storage'
export { bodyOf, type UploadOptions } from './files'
export { Problem, type ProblemBody } from './problem'
export { Cell, Emitter, type Watchable } from './watchable'
export type { Conversations, Totals } from './conversations'
export type { Hole, Log } from './log'
export type * from './frames'
export type * from './types'
export * as conversationList from './conversations'
export * as messageLog from './log'
