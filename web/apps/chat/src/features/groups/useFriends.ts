import { computed, type ComputedRef } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { titleOf } from '../contacts/book'
import type { Choosable } from '../shared/choosable'

/** The caller's friends, to choose from; without those of `except`. */
export function useFriends(except: () => ReadonlySet<number> = () => new Set()): ComputedRef<Choosable[]> {
  const client = useClient()
  const contacts = useWatch(client.contacts)
  if (contacts.value === null) void client.loadContacts().catch(() => undefined)
  return computed(() =>
    (contacts.value ?? [])
      .filter((contact) => !contact.blocked && !except().has(contact.account.id))
      .map((contact) => ({ id: contact.account.id, name: titleOf(contact), avatar: contact.account.avatar })))
}
