/** Where the client keeps small things (tokens, the visitor's secret): localStorage, or memory. */
export interface KeyStore {
  get(key: string): string | null
  set(key: string, value: string): void
  remove(key: string): void
  /** Hears changes made by other tabs; the answer ends it. */
  subscribe?(heard: (key: string) => void): () => void
}

/** localStorage; memory where the browser forbids it (private windows, embedded pages). */
export function localKeyStore(prefix = 'hongyan.'): KeyStore {
  const storage = usableStorage(prefix)
  if (!storage) return memoryKeyStore()
  return {
    get: (key) => storage.getItem(prefix + key),
    set: (key, value) => storage.setItem(prefix + key, value),
    remove: (key) => storage.removeItem(prefix + key),
    subscribe(heard) {
      const listener = (event: StorageEvent) => {
        if (event.key?.startsWith(prefix)) heard(event.key.slice(prefix.length))
      }
      addEventListener('storage', listener)
      return () => removeEventListener('storage', listener)
    },
  }
}

export function memoryKeyStore(): KeyStore {
  const values = new Map<string, string>()
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  }
}

function usableStorage(prefix: string): Storage | null {
  try {
    const storage = globalThis.localStorage
    storage.setItem(`${prefix}probe`, '1')
    storage.removeItem(`${prefix}probe`)
    return storage
  } catch {
    return null
  }
}
