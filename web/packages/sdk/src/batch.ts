/** Gathers what comes within `ms` and hands it on together. A key that comes twice keeps the larger value. */
export class Batch<K> {
  readonly #waiting = new Map<K, number>()
  readonly #ms: number
  readonly #flush: (batch: Map<K, number>) => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ms: number, flush: (batch: Map<K, number>) => void) {
    this.#ms = ms
    this.#flush = flush
  }

  add(key: K, value = 0): void {
    this.#waiting.set(key, Math.max(value, this.#waiting.get(key) ?? value))
    this.#timer ??= setTimeout(() => this.flush(), this.#ms)
  }

  /** Takes one out; says whether it waited. */
  delete(key: K): boolean {
    return this.#waiting.delete(key)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.size === 0) return
    const batch = new Map(this.#waiting)
    this.#waiting.clear()
    this.#flush(batch)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting.clear()
  }
}
