import type { AccountId, Conversation, Draft, Member } from '@hongyan/sdk'
import { computed, type Ref, shallowRef } from 'vue'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'
import { type Candidate, matching, queryAt } from './mentions'

interface Options {
  input: Ref<HTMLTextAreaElement | undefined>
  conversation: Ref<Conversation>
}

/** As many as a list shows without being scrolled. */
const SHOWN = 8

/** Names after an @ in a group: offered while one writes, and told when one sends. */
export function useMentions({ input, conversation }: Options) {
  const { t } = useI18n()
  const client = useClient()
  const members = shallowRef<readonly Member[]>()
  const query = shallowRef<string | null>(null)
  const chosen = shallowRef(0)
  const meant = new Map<string, AccountId | 'all'>()

  const candidates = computed<Candidate[]>(() => {
    const me = client.me.value?.id
    const people = (members.value ?? []).filter((one) => one.account.id !== me)
      .map(({ account, nickname }) => ({ id: account.id, name: nickname || account.name, person: account }))
    const mayAll = conversation.value.group?.role === 'owner' || conversation.value.group?.role === 'manager'
    return mayAll ? [{ id: 'all' as const, name: t('chat.mention_all') }, ...people] : people
  })
  const found = computed(() => (query.value === null ? [] : matching(candidates.value, query.value).slice(0, SHOWN)))

  /** Looks at what stands before the caret. */
  function look(): void {
    const box = input.value
    if (!box || conversation.value.kind !== 'group') return
    query.value = queryAt(box.value, box.selectionStart)
    chosen.value = 0
    if (query.value !== null && !members.value) void load()
  }

  async function load(): Promise<void> {
    members.value = []
    members.value = await client.api.groups.members(conversation.value.id).catch(() => undefined)
  }

  function choose(one: Candidate): void {
    const box = input.value
    if (!box) return
    const from = box.selectionStart - (query.value?.length ?? 0)
    meant.set(one.name, one.id)
    query.value = null
    box.setSelectionRange(from, box.selectionStart)
    insert(`${one.name} `)
  }

  /** Puts text where the caret is, as if it had been typed. */
  function insert(words: string): void {
    const box = input.value
    if (!box) return
    box.focus()
    box.setRangeText(words, box.selectionStart, box.selectionEnd, 'end')
    box.dispatchEvent(new Event('input', { bubbles: true }))
    query.value = null
  }

  /** Whether the list of names took the key. */
  function onKey(event: KeyboardEvent): boolean {
    const count = found.value.length
    if (count === 0) return false
    if (event.key === 'ArrowDown') chosen.value = (chosen.value + 1) % count
    else if (event.key === 'ArrowUp') chosen.value = (chosen.value + count - 1) % count
    else if (event.key === 'Enter' || event.key === 'Tab') choose(found.value[chosen.value]!)
    else if (event.key === 'Escape') query.value = null
    else return false
    event.preventDefault()
    return true
  }

  const stop = (): void => void (query.value = null)

  /** Who is still meant in a text. */
  function meantIn(text: string): Pick<Draft, 'mentions' | 'mention_all'> {
    const ids = [...meant].flatMap(([name, id]) => (text.includes(`@${name}`) ? [id] : []))
    meant.clear()
    const people = ids.filter((id) => id !== 'all')
    return { mentions: people.length > 0 ? people : undefined, mention_all: ids.includes('all') || undefined }
  }

  return { found, chosen, look, choose, insert, onKey, stop, meantIn }
}

export type Mentions = ReturnType<typeof useMentions>
