import type { Contact, Privacy } from '@hongyan/sdk'
import { computed } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { optimistic, useLoaded } from '../shared/useLoaded'

/** Who may write to the caller, and whom the caller blocked. */
export function usePrivacy() {
  const client = useClient()
  const contacts = useWatch(client.contacts)
  const { data: privacy, problem, reload } = useLoaded(() => 0, () => client.api.accounts.privacy())
  if (contacts.value === null) void client.loadContacts().catch(() => undefined)

  return {
    privacy,
    problem,
    reload,
    update: (patch: Partial<Privacy>) =>
      optimistic(privacy, (value) => ({ ...value, ...patch }), () => client.api.accounts.updatePrivacy(patch)),
    blocked: computed(() => (contacts.value ?? []).filter((contact) => contact.blocked)),
    unblock: (contact: Contact) => client.updateContact(contact.account.id, { blocked: false }),
  }
}
