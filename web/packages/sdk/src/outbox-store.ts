import { openDatabase, settled } from './database'
import type { Pending } from './outbox'
import type { KeyStore } from './storage'
import type { AccountId } from './types'

/** Where unsent messages outlive the page. */
export interface OutboxStore {
  load(account: AccountId): Promise<Pending[]>
  /** One of them, as another tab may have left it; undefined when it is not there any more. */
  get(account: AccountId, clientId: string): Promise<Pending | undefined>
  put(account: AccountId, item: Pending): Promise<void>
  remove(account: AccountId, clientId: string): Promise<void>
}

/** In a key store, one key for each account: small, and shared by all tabs. */
export function keyStoreOutbox(keys: KeyStore): OutboxStore {
  const key = (account: AccountId) => `outbox.${account}`
  const read = (account: AccountId): Pending[] => {
    try {
      return JSON.parse(keys.get(key(account)) ?? '[]') as Pending[]
    } catch {
      return []
    }
  }
  const write = (account: AccountId, items: Pending[]) =>
    items.length > 0 ? keys.set(key(account), JSON.stringify(items)) : keys.remove(key(account))
  const others = (account: AccountId, id: string) => read(account).filter((item) => item.clientId !== id)
  return {
    load: async (account) => read(account),
    get: async (account, clientId) => read(account).find((item) => item.clientId === clientId),
    put: async (account, item) => write(account, [...others(account, item.clientId), item]),
    remove: async (account, clientId) => write(account, others(account, clientId)),
  }
}

const ITEMS = 'items'

interface Row { account: AccountId, clientId: string, item: Pending }

/** In IndexedDB, one row for each message. */
export function indexedDbOutbox(name = 'hongyan-outbox'): OutboxStore {
  let opened: Promise<IDBDatabase> | undefined
  const run = async <T>(mode: IDBTransactionMode, work: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const db = await (opened ??= openDatabase(name, (made) => made.createObjectStore(ITEMS, { keyPath: ['account', 'clientId'] })))
    return settled(work(db.transaction(ITEMS, mode).objectStore(ITEMS)))
  }
  return {
    async load(account) {
      const all = IDBKeyRange.bound([account, ''], [account, '\uffff'])
      const rows: Row[] = await run('readonly', (store) => store.getAll(all))
      return rows.map((row) => row.item)
    },
    async get(account, clientId) {
      const row: Row | undefined = await run('readonly', (store) => store.get([account, clientId]))
      return row?.item
    },
    async put(account, item) {
      await run('readwrite', (store) => store.put({ account, clientId: item.clientId, item } satisfies Row))
    },
    async remove(account, clientId) {
      await run('readwrite', (store) => store.delete([account, clientId]))
    },
  }
}
