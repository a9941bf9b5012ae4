import type { Person } from '@hongyan/sdk'
import { computed, ref, shallowRef } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** How somebody who was found stands to the caller. */
export type Found = { person: Person, standing: 'me' | 'friend' | 'asked' | 'stranger' }

/** Looks for people by username or number, and asks them to be friends. */
export function useFinding() {
  const client = useClient()
  const me = useWatch(client.me)
  const contacts = useWatch(client.contacts)
  const requests = useWatch(client.requests)
  const query = ref('')
  const people = shallowRef<readonly Person[] | null>(null)
  if (contacts.value === null) void client.loadContacts().catch(() => undefined)
  if (requests.value === null) void client.loadRequests().catch(() => undefined)

  const found = computed(() => people.value?.map((person): Found => ({ person, standing: standing(person) })) ?? null)

  function standing(person: Person): Found['standing'] {
    if (person.id === me.value?.id) return 'me'
    if (contacts.value?.some((contact) => contact.account.id === person.id)) return 'friend'
    const asked = requests.value?.some((request) => request.to.id === person.id && request.state === 'pending')
    return asked ? 'asked' : 'stranger'
  }

  async function find(): Promise<void> {
    const wanted = query.value.trim()
    people.value = wanted === '' ? null : await client.api.search.people(wanted)
  }

  return { query, found, find, me }
}
