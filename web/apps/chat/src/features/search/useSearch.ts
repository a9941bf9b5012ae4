import type { Contact, Conversation, ConversationId, FoundMessage, Person } from '@hongyan/sdk'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { matches } from '../contacts/book'

/** How long typing must rest before the server is asked. */
const REST_MS = 250
const PAGE = 20

/** What stands for `query`: chats and contacts at once from what is here, people and messages from the server. */
export function useSearch(within?: () => ConversationId) {
  const client = useClient()
  const conversations = useWatch(client.conversations)
  const contacts = useWatch(client.contacts)
  const me = useWatch(client.me)
  const query = ref('')
  const messages = shallowRef<readonly FoundMessage[]>([])
  const people = shallowRef<readonly Person[]>([])
  const next = shallowRef<string | null>(null)
  const loading = shallowRef(false)
  const problem = shallowRef<unknown>(null)
  /** What the results from the server are for. */
  const answered = ref('')
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  if (!within && contacts.value === null) void client.loadContacts().catch(() => undefined)

  const wanted = computed(() => query.value.trim())

  async function ask(): Promise<void> {
    const [mine, text] = [++turn, wanted.value]
    try {
      const [page, found] = await Promise.all([
        client.api.search.messages(text, { conversation: within?.(), limit: PAGE }),
        within ? [] : client.api.search.people(text),
      ])
      if (mine !== turn) return
      messages.value = page.items
      people.value = found
      next.value = page.next
      answered.value = text
      problem.value = null
    } catch (cause) {
      if (mine === turn) problem.value = cause
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  async function more(): Promise<void> {
    const cursor = next.value
    if (cursor === null || loading.value) return
    const mine = turn
    loading.value = true
    try {
      const page = await client.api.search.messages(wanted.value, { conversation: within?.(), limit: PAGE, cursor })
      if (mine !== turn) return
      messages.value = [...messages.value, ...page.items]
      next.value = page.next
    } catch (cause) {
      if (mine === turn) problem.value = cause
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  watch([wanted, () => within?.()], ([text]) => {
    clearTimeout(timer)
    turn++
    loading.value = text !== ''
    if (text !== '') timer = setTimeout(() => void ask(), REST_MS)
    else [messages.value, people.value, next.value, answered.value, problem.value] = [[], [], null, '', null]
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    turn++
  })

  const foundContacts = computed((): Contact[] => (wanted.value ? (contacts.value ?? []).filter((item) => matches(item, wanted.value)).slice(0, 8) : []))
  const known = computed(() => new Set(foundContacts.value.map((item) => item.account.id)))

  return {
    query,
    me: computed(() => me.value?.id ?? 0),
    wanted,
    answered,
    loading,
    problem,
    messages,
    /** Whose picture stands for a message: the other one of a direct conversation, as in the list of chats. */
    faceOf: ({ conversation }: FoundMessage) =>
      conversations.value?.find((item) => item.id === conversation.id)?.peer ?? conversation,
    hasMore: computed(() => next.value !== null),
    more,
    again(): void {
      loading.value = true
      problem.value = null
      void ask()
    },
    conversations: computed((): Conversation[] => {
      const text = wanted.value.toLocaleLowerCase()
      return text ? (conversations.value ?? []).filter((item) => item.name.toLocaleLowerCase().includes(text)).slice(0, 8) : []
    }),
    contacts: foundContacts,
    people: computed(() => people.value.filter((person) => !known.value.has(person.id))),
  }
}
