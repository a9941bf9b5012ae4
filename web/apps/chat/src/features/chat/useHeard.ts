import type { LogView } from '@hongyan/sdk'
import { type Ref, shallowRef, watch } from 'vue'
import { useSummary } from '@/features/conversations/useSummary'

/** What somebody else said last while one was here, for screen readers. */
export function useHeard(view: Readonly<Ref<LogView>>, me: Readonly<Ref<number>>): Readonly<Ref<string>> {
  const heard = shallowRef('')
  const summary = useSummary()
  watch(view, (now, before) => {
    const last = now.entries.at(-1)
    if (!before.ready || !before.atEnd || !now.atEnd || !last || last.seq <= before.lastSeq) return
    if (last.kind === 'notice' || last.sender?.id !== me.value) heard.value = summary(last, true)
  })
  return heard
}
