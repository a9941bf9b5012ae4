import type { ConversationId, Seq } from '@hongyan/sdk'
import { computed } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { useLoaded } from '../shared/useLoaded'

/** Who has read one of the caller's messages in a group, and who has not. */
export function useReceipts(at: () => { conversation: ConversationId, seq: Seq }) {
  const client = useClient()
  const me = useWatch(client.me)
  const { data, problem, reload } = useLoaded(
    () => `${at().conversation}/${at().seq}`,
    async () => {
      const { conversation, seq } = at()
      const [receipts, members] = await Promise.all([
        client.api.messages.receipts(conversation, seq),
        client.api.groups.members(conversation),
      ])
      return { receipts, members }
    },
  )
  const others = computed(() => data.value?.members.filter((member) => member.account.id !== me.value?.id) ?? [])
  const hasRead = computed(() => new Set(data.value?.receipts.readers))

  return {
    problem,
    reload,
    receipts: computed(() => data.value?.receipts ?? null),
    readers: computed(() => others.value.filter((member) => hasRead.value.has(member.account.id))),
    /** Empty when the list of readers is cut off, since somebody in it might have read. */
    waiting: computed(() => {
      const all = data.value && data.value.receipts.readers.length >= data.value.receipts.read
      return all ? others.value.filter((member) => !hasRead.value.has(member.account.id)) : []
    }),
  }
}
