import type { Conversation, ConversationLog, MessageEntry } from '@hongyan/sdk'
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { useProblems } from '@/app/problems'
import { useDrafts } from '@/features/conversations/useDrafts'
import type { Mentions } from './useMentions'

interface Options {
  log: ConversationLog
  conversation: Ref<Conversation>
  quote: Ref<MessageEntry | undefined>
  editing: Ref<MessageEntry | undefined>
  mentions: Mentions
  sent: () => void
}

const PAUSE_MS = 300

/** What is being written: kept as a draft, sent, or put in place of what it corrects. */
export function useComposer({ log, conversation, quote, editing, mentions, sent }: Options) {
  const client = useClient()
  const problems = useProblems()
  const settings = useWatch(client.settings)
  const { drafts, keep } = useDrafts()
  const kept = drafts.value.get(conversation.value.id)
  const text = shallowRef(kept?.text ?? '')
  /** The draft waits here while an older message is corrected. */
  let aside = ''
  let timer: ReturnType<typeof setTimeout> | undefined

  const length = computed(() => [...text.value.trim()].length)
  const tooLong = computed(() => (settings.value ? Math.max(0, length.value - settings.value.message_chars) : 0))
  const canSend = computed(() => length.value > 0 && tooLong.value === 0)

  if (!settings.value) void client.loadSettings().catch(() => undefined) // limits come with the first answer

  const save = (): void => {
    clearTimeout(timer)
    const words = editing.value ? aside : text.value
    keep(conversation.value.id, { text: words, quote: quote.value?.seq })
  }
  watch([text, quote], () => {
    clearTimeout(timer)
    timer = setTimeout(save, PAUSE_MS)
  })
  watch(editing, (now, before) => {
    if (now && !before) aside = text.value
    text.value = now?.body?.type === 'text' ? now.body.text : aside
  })
  onScopeDispose(save)
  restoreQuote()

  function restoreQuote(): void {
    const entry = log.view.value.entries.find((one) => one.seq === kept?.quote)
    if (entry?.kind === 'message') quote.value = entry
  }

  async function submit(): Promise<void> {
    if (!canSend.value) return
    const words = text.value.trim()
    const old = editing.value
    if (old) {
      editing.value = undefined
      if (old.body?.type === 'text' && old.body.text === words) return
      await problems.attempt(() => log.edit(old.seq, words))
      return
    }
    log.sendText(words, { quote: quote.value?.seq, ...mentions.meantIn(words) })
    text.value = ''
    quote.value = undefined
    save()
    sent()
  }

  /** Neither an answer nor a correction. */
  function stop(): void {
    quote.value = undefined
    editing.value = undefined
  }

  function typing(): void {
    if (!editing.value && text.value !== '') log.typing()
  }

  return { text, tooLong, canSend, submit, stop, typing }
}
