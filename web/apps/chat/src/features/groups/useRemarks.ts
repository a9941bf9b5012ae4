import { computed, type ComputedRef } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** The remarks that the caller keeps about people. */
export function useRemarks(): ComputedRef<ReadonlyMap<number, string>> {
  const client = useClient()
  const contacts = useWatch(client.contacts)
  if (contacts.value === null) void client.loadContacts().catch(() => undefined)
  return computed(() => new Map((contacts.value ?? []).map((contact) => [contact.account.id, contact.remark])))
}
