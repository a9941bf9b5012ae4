import type { Conversation, ConversationLog, LogView, MessageEntry, Seq } from '@hongyan/sdk'
import { inject, type InjectionKey, provide, type Ref } from 'vue'

/** What every row of a conversation knows. */
export interface Messages {
  readonly log: ConversationLog
  readonly view: Ref<LogView>
  readonly conversation: Ref<Conversation | undefined>
  readonly me: Ref<number>
  readonly reply: (entry: MessageEntry) => void
  readonly edit: (entry: MessageEntry) => void
  readonly jumpTo: (seq: Seq) => Promise<void>
}

const key: InjectionKey<Messages> = Symbol('messages')

export function provideMessages(messages: Messages): void {
  provide(key, messages)
}

export function useMessages(): Messages {
  const messages = inject(key)
  if (!messages) throw new Error('rows stand in a message list')
  return messages
}
