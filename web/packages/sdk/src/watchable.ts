/** A value with a present state that tells when it changes. */
export interface Watchable<T> {
  readonly value: T
  /** Calls `heard` after each change, not at once; the answer ends it. */
  subscribe(heard: (value: T) => void): () => void
}

/** A `Watchable` that its owner sets. Equal values (`Object.is`) tell nobody. */
export class Cell<T> implements Watchable<T> {
  #value: T
  readonly #heard = new Set<(value: T) => void>()

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    if (Object.is(this.#value, value)) return
    this.#value = value
    for (const heard of [...this.#heard]) heard(value)
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value))
  }

  subscribe(heard: (value: T) => void): () => void {
    this.#heard.add(heard)
    return () => this.#heard.delete(heard)
  }
}

/** Events of named types: what happens once and leaves no state. */
export class Emitter<Events> {
  readonly #heard = new Map<keyof Events, Set<(event: never) => void>>()

  on<K extends keyof Events>(type: K, heard: (event: Events[K]) => void): () => void {
    const set = this.#heard.get(type) ?? new Set()
    this.#heard.set(type, set)
    set.add(heard)
    return () => set.delete(heard)
  }

  emit<K extends keyof Events>(type: K, event: Events[K]): void {
    for (const heard of [...(this.#heard.get(type) ?? [])]) (heard as (event: Events[K]) => void)(event)
  }
}
