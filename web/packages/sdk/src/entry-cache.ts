/** What was read of conversations, kept for a start without a connection and for showing it without waiting. */
import { openDatabase, settled } from './database'
import type { AccountId, ConversationId, Entry, Seq } from './types'

/** The end of a log, as it was when somebody last saw it. */
export interface KeptLog {
  readonly conversation: ConversationId
  /** Ascending, without holes, up to `told`. */
  readonly entries: readonly Entry[]
  /** Everything up to here was told, changes too. */
  readonly told: Seq
  readonly firstSeq: Seq
  /** Nothing older exists. */
  readonly atStart: boolean
}

export interface EntryCache {
  get(account: AccountId, conversation: ConversationId): Promise<KeptLog | undefined>
  put(account: AccountId, log: KeptLog): Promise<void>
  remove(account: AccountId, conversation: ConversationId): Promise<void>
  /** Forgets everything of an account. */
  clear(account: AccountId): Promise<void>
}

/** Conversations that are kept of an account: those that were open last. */
const KEPT = 30

export function memoryEntries(): EntryCache {
  const kept = new Map<AccountId, Map<ConversationId, KeptLog>>()
  const of = (account: AccountId) => kept.get(account) ?? kept.set(account, new Map()).get(account)!
  return {
    get: async (account, conversation) => of(account).get(conversation),
    async put(account, log) {
      const logs = of(account)
      logs.delete(log.conversation)
      logs.set(log.conversation, log)
      for (const old of [...logs.keys()].slice(0, -KEPT)) logs.delete(old)
    },
    remove: async (account, conversation) => void of(account).delete(conversation),
    clear: async (account) => void kept.delete(account),
  }
}

const LOGS = 'logs'
const BY_USE = 'by-use'

interface Row { account: AccountId, conversation: ConversationId, usedMs: number, log: KeptLog }

/** In IndexedDB, one row for each conversation. */
export function indexedDbEntries(name = 'hongyan-entries'): EntryCache {
  let opened: Promise<IDBDatabase> | undefined
  const rows = async (mode: IDBTransactionMode): Promise<IDBObjectStore> => {
    const db = await (opened ??= openDatabase(name, (made) => {
      made.createObjectStore(LOGS, { keyPath: ['account', 'conversation'] }).createIndex(BY_USE, ['account', 'usedMs'])
    }))
    return db.transaction(LOGS, mode).objectStore(LOGS)
  }
  return {
    async get(account, conversation) {
      const row: Row | undefined = await settled((await rows('readonly')).get([account, conversation]))
      return row?.log
    },
    async put(account, log) {
      const store = await rows('readwrite')
      await settled(store.put({ account, conversation: log.conversation, usedMs: Date.now(), log } satisfies Row))
      const all = await settled(store.index(BY_USE).getAllKeys(IDBKeyRange.bound([account], [account, Infinity])))
      for (const old of all.slice(0, -KEPT)) store.delete(old)
    },
    async remove(account, conversation) {
      await settled((await rows('readwrite')).delete([account, conversation]))
    },
    async clear(account) {
      await settled((await rows('readwrite')).delete(IDBKeyRange.bound([account], [account, Infinity])))
    },
  }
}
