import type { AccountId, ConversationId, Seq } from '@hongyan/sdk'
import { useRouter, type RouteLocationRaw } from 'vue-router'
import { useClient } from '@/app/client'

/** Ways from one screen to another. */
export function useGoing() {
  const client = useClient()
  const router = useRouter()

  return {
    toConversation: (id: ConversationId, at?: Seq) =>
      router.push({ name: 'chat', params: { id }, query: at === undefined ? {} : { at } }),
    toPerson: (id: AccountId) => router.push({ name: 'person', params: { id } }),
    /** To the direct conversation with somebody, made when there is none. */
    async toMessages(account: AccountId): Promise<void> {
      const conversation = await client.direct(account)
      await router.push({ name: 'chat', params: { id: conversation.id } })
    },
    /** To where one came from; to `home` when the app was opened here. */
    back(home: RouteLocationRaw): void {
      if (history.state?.back) router.back()
      else void router.replace(home)
    },
    to: (where: RouteLocationRaw) => router.push(where),
  }
}
