import type { Me, MePatch } from '@hongyan/sdk'
import { computed } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** Who is signed in, and what they may change about themselves. */
export function useMe() {
  const client = useClient()
  const me = useWatch(client.me)

  return {
    me,
    visitor: computed(() => me.value?.role === 'visitor'),
    update: (patch: MePatch) => client.updateMe(patch),
    changePassword: (old: string, next: string) => client.changePassword(old, next),
    register: (form: { username: string, password: string, nickname?: string }): Promise<Me> => client.register(form),
    signOut: () => client.signOut(),
  }
}
