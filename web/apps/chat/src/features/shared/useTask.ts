import { shallowRef, type ShallowRef } from 'vue'
import { useProblems } from '@/app/problems'

export interface Task {
  readonly busy: Readonly<ShallowRef<boolean>>
  /** Runs `work` unless another is under way; what the server refuses is told. False when it came to nothing. */
  run(work: () => Promise<unknown>): Promise<boolean>
}

/** Something that a person does, once at a time. */
export function useTask(): Task {
  const busy = shallowRef(false)
  const { tell } = useProblems()

  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      await work()
      return true
    } catch (problem) {
      tell(problem)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, run }
}
