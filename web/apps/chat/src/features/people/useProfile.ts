import type { AccountId, Profile } from '@hongyan/sdk'
import { computed, type ComputedRef } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { useLoaded } from '../shared/useLoaded'
import { withNews } from './news'

/** Somebody's profile, kept true by what the client hears of contacts and requests. */
export function useProfile(account: () => AccountId | string) {
  const client = useClient()
  const contacts = useWatch(client.contacts)
  const requests = useWatch(client.requests)
  const me = useWatch(client.me)
  const { data, problem, loading, reload } = useLoaded(account, (id) => client.api.accounts.profile(id))
  if (contacts.value === null) void client.loadContacts().catch(() => undefined)
  if (requests.value === null) void client.loadRequests().catch(() => undefined)

  const profile: ComputedRef<Profile | null> = computed(() => data.value && withNews(data.value, contacts.value, requests.value))
  const id = () => profile.value?.id ?? 0
  const change = (patch: Parameters<typeof client.updateContact>[1]) => client.updateContact(id(), patch)

  return {
    profile,
    problem,
    loading,
    reload,
    me,
    change,
    remove: () => client.removeContact(id()),
    ask: (text?: string) => client.ask(id(), text),
    async decide(answer: 'accept' | 'refuse', remark?: string): Promise<void> {
      const request = profile.value?.relation.request
      if (request === undefined) return
      await (answer === 'accept' ? client.accept(request, remark) : client.refuse(request))
      await reload()
    },
  }
}


export type ProfileHandle = ReturnType<typeof useProfile>
