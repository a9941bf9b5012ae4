import { Problem } from '@hongyan/sdk'
import { shallowRef } from 'vue'
import { useProblems } from '@/app/problems'

/** Sends a form: what is wrong with a field is said beside it, everything else in a toast. `owners` says which field a code belongs to. */
export function useFields(owners: Record<string, string> = {}) {
  const { text, tell } = useProblems()
  const busy = shallowRef(false)
  const problems = shallowRef<Record<string, string>>({})

  async function submit(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problems.value = {}
    try {
      await work()
      return true
    } catch (cause) {
      const problem = Problem.of(cause)
      const field = owners[problem.code] ?? problem.field?.split('.').at(-1)
      if (field) problems.value = { [field]: text(problem) }
      else tell(problem)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, problems, submit }
}
