import { computed, shallowRef } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { useLoaded } from '../shared/useLoaded'

/** A link into a group: what it leads to, and joining by it. */
export function useInvitation(token: () => string) {
  const client = useClient()
  const me = useWatch(client.me)
  const joined = shallowRef<'waiting' | 'member' | null>(null)
  // Anybody may look; who is signed in learns more.
  const { data, problem, loading, reload } = useLoaded(
    () => `${token()} ${me.value?.id ?? ''}`,
    () => client.api.invites.get(token()),
  )

  return {
    invitation: data,
    problem,
    loading,
    reload,
    signedIn: computed(() => me.value !== null),
    outcome: computed(() => joined.value ?? data.value?.outcome ?? null),
    /** Answers the conversation once the caller is in it. */
    async join(): Promise<number | undefined> {
      const { outcome, conversation } = await client.api.invites.join(token())
      joined.value = outcome === 'waiting' ? 'waiting' : 'member'
      return conversation
    },
  }
}
