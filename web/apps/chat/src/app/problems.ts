import { Problem } from '@hongyan/sdk'
import { useToasts } from '@hongyan/ui'
import { useI18n } from '@/i18n'

/** Words for what was refused. */
export function useProblems() {
  const { t, te } = useI18n()
  const toasts = useToasts()

  function textOf(code: string, retryAfterMs = 0): string {
    const key = `problems.${code}`
    const seconds = Math.ceil(retryAfterMs / 1000)
    if (code === 'too_often' && seconds > 0) return t('problems.too_often_for', { seconds })
    return te(key) ? t(key) : t('problems.unknown', { code })
  }

  function text(cause: unknown): string {
    const problem = Problem.of(cause)
    return textOf(problem.code, problem.retryAfterMs)
  }

  /** Says it in a toast. */
  function tell(cause: unknown): void {
    toasts.show(text(cause), { kind: 'problem' })
  }

  /** Does something, and tells when it is refused; answers whether it was done. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (cause) {
      tell(cause)
      return false
    }
  }

  return { text, textOf, tell, attempt }
}
