import type { Contact } from '@hongyan/sdk'

/** A stretch of the contact list under one heading; `key` is a letter, `#`, or `★` for the starred ones. */
export interface Section {
  key: string
  contacts: readonly Contact[]
}

export const STARRED = '★'

/** What the caller calls a contact. */
export function titleOf(contact: Contact): string {
  return contact.remark || contact.account.name
}

/** Whether `query` stands in one of the contact's names. An empty query finds everybody. */
export function matches(contact: Contact, query: string): boolean {
  const wanted = query.trim().toLocaleLowerCase()
  if (wanted === '') return true
  return [contact.remark, contact.account.name].some((name) => name.toLocaleLowerCase().includes(wanted))
}

/**
 * The list under its headings: starred ones first, once more under their letter; `#` at the end. Blocked ones
 * are filed like the others. The order within a letter is the server's.
 */
export function sections(contacts: readonly Contact[], query = ''): Section[] {
  const found = contacts.filter((contact) => matches(contact, query))
  const letters = new Map<string, Contact[]>()
  for (const contact of found) {
    const filed = letters.get(contact.initial)
    if (filed) filed.push(contact)
    else letters.set(contact.initial, [contact])
  }
  const sorted = [...letters].sort(([a], [b]) => place(a) - place(b))
  const starred = query.trim() === '' ? found.filter((contact) => contact.starred) : []
  const head = starred.length > 0 ? [{ key: STARRED, contacts: starred }] : []
  return [...head, ...sorted.map(([key, filed]) => ({ key, contacts: filed }))]
}

function place(initial: string): number {
  return initial === '#' ? Number.MAX_SAFE_INTEGER : (initial.codePointAt(0) ?? 0)
}
