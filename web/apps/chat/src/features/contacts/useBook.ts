import { computed, ref, shallowRef } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { sections } from './book'

/** The caller's contacts under their letters, as far as they match what is searched for. */
export function useBook() {
  const client = useClient()
  const contacts = useWatch(client.contacts)
  const query = ref('')
  const problem = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    problem.value = null
    await client.loadContacts().catch((cause: unknown) => { problem.value = cause })
  }
  if (contacts.value === null) void load()

  return {
    query,
    problem,
    load,
    contacts,
    sections: computed(() => sections(contacts.value ?? [], query.value)),
  }
}
