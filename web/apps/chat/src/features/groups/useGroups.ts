import { computed } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { useLoaded } from '../shared/useLoaded'

/** The caller's groups by name, those too that are hidden from the list of chats. Null until they are here. */
export function useGroups() {
  const client = useClient()
  const listed = useWatch(client.conversations)
  const { data: hidden } = useLoaded(() => 0, () => client.api.conversations.list(true))

  return computed(() => {
    if (listed.value === null) return null
    const known = new Set(listed.value.map((conversation) => conversation.id))
    const others = (hidden.value ?? []).filter((conversation) => !known.has(conversation.id))
    return [...listed.value, ...others]
      .filter((conversation) => conversation.kind === 'group')
      .sort((a, b) => a.name.localeCompare(b.name))
  })
}
