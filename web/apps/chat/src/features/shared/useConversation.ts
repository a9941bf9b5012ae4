import type { Conversation, ConversationId } from '@hongyan/sdk'
import { computed, shallowRef, watch } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** A conversation, from the list or (hidden, never used) from the server. Null until it is here. */
export function useConversation(id: () => ConversationId) {
  const client = useClient()
  const listed = useWatch(client.conversations)
  const loaded = shallowRef<Conversation | null>(null)
  const problem = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    problem.value = null
    try {
      loaded.value = await client.loadConversation(id())
    } catch (cause) {
      problem.value = cause
    }
  }
  watch(id, () => void load(), { immediate: true })

  const conversation = computed((): Conversation | null => {
    const fresh = listed.value?.find((item) => item.id === id()) ?? client.conversation(id())
    return fresh ?? (loaded.value?.id === id() ? loaded.value : null)
  })
  return { conversation, problem, load }
}
