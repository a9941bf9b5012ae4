import type { Conversation } from '@hongyan/sdk'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** How many are shown before the server answers: a screen or two. */
const KEPT = 40
const PAUSE_MS = 1000

const keyOf = (account: number) => `hongyan.conversations.${account}`

/** The list of conversations: at once as it was last time in this browser, then as it is. */
export function useConversations() {
  const client = useClient()
  const me = useWatch(client.me)
  const live = useWatch(client.conversations)
  const kept = shallowRef<readonly Conversation[] | null>(read(client.me.value?.id))
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(live, (now) => {
    clearTimeout(timer)
    const account = me.value?.id
    if (now && account) timer = setTimeout(() => write(account, now), PAUSE_MS)
  }, { immediate: true })
  watch(me, (now, before) => {
    if (before && before.id !== now?.id) localStorage.removeItem(keyOf(before.id))
    if (before?.id !== now?.id) kept.value = read(now?.id)
  })
  onScopeDispose(() => clearTimeout(timer))

  return computed(() => live.value ?? kept.value)
}

function read(account: number | undefined): readonly Conversation[] | null {
  try {
    return account ? (JSON.parse(localStorage.getItem(keyOf(account)) ?? 'null') as Conversation[] | null) : null
  } catch {
    return null
  }
}

function write(account: number, list: readonly Conversation[]): void {
  try {
    localStorage.setItem(keyOf(account), JSON.stringify(list.slice(0, KEPT)))
  } catch {
    localStorage.removeItem(keyOf(account)) // no room: the list comes from the server alone
  }
}
