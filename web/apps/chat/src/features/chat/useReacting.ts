import type { MessageEntry } from '@hongyan/sdk'
import { useDialogs } from '@hongyan/ui'
import { useProblems } from '@/app/problems'
import { useMessages } from './messages'

/** Putting an emoji on a message, or taking it off. */
export function useReacting() {
  const dialogs = useDialogs()
  const problems = useProblems()
  const { log, me } = useMessages()

  async function react(entry: MessageEntry, emoji: string): Promise<void> {
    const on = !entry.reactions?.find((one) => one.emoji === emoji)?.accounts.includes(me.value)
    await problems.attempt(() => log.react(entry.seq, emoji, on))
  }

  /** Offers emoji beside `from`, where a press chooses one. */
  async function openQuick(from: HTMLElement, entry: MessageEntry): Promise<void> {
    const emoji = await dialogs.open<string>(() => import('./ReactionPicker.vue'), { at: from.getBoundingClientRect() })
    if (emoji) await react(entry, emoji)
  }

  return { react, openQuick }
}
