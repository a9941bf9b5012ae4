import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from 'vue'

export interface Loaded<T> {
  /** Null until it is here, and after its subject changed. */
  readonly data: ShallowRef<T | null>
  readonly problem: Readonly<ShallowRef<unknown>>
  readonly loading: Readonly<ShallowRef<boolean>>
  /** Asks again; what is here stays until the answer. */
  reload(): Promise<void>
}

/** What `load` answers for a subject; asked again when the subject changes. Late answers are dropped. */
export function useLoaded<T, K>(subject: WatchSource<K>, load: (subject: K) => Promise<T>): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const problem = shallowRef<unknown>(null)
  const loading = shallowRef(false)
  let current: K
  let turn = 0

  async function reload(): Promise<void> {
    const mine = ++turn
    loading.value = true
    try {
      const answer = await load(current)
      if (mine !== turn) return
      data.value = answer
      problem.value = null
    } catch (cause) {
      if (mine === turn) problem.value = cause
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  watch(subject, (next) => {
    current = next
    data.value = null
    problem.value = null
    void reload()
  }, { immediate: true })
  onScopeDispose(() => { turn++ })

  return { data, problem, loading, reload }
}

/** Shows `change` at once, and what was before when `call` is refused; the answer of the server has the last word. */
export async function optimistic<T>(
  cell: ShallowRef<T | null>,
  change: (value: T) => T,
  call: () => Promise<T | void>,
): Promise<void> {
  const before = cell.value
  const after = before === null ? null : change(before)
  cell.value = after
  try {
    const answer = await call()
    if (answer !== undefined) cell.value = answer as T
  } catch (problem) {
    if (cell.value === after) cell.value = before
    throw problem
  }
}
