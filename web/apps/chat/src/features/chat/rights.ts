import type { Conversation, MessageEntry, ServerSettings } from '@hongyan/sdk'

/** What can be done with a message. */
export type Deed = 'react' | 'reply' | 'copy' | 'forward' | 'edit' | 'receipts' | 'revoke' | 'delete_me' | 'delete_all'

interface Situation {
  me: number
  conversation: Conversation | undefined
  settings: ServerSettings | null
  now: number
}

/** What one may do with a message now, in the order of a menu. The server decides; this only offers. */
export function deedsOf(entry: MessageEntry, { me, conversation, settings, now }: Situation): Deed[] {
  const mine = entry.sender?.id === me
  const age = now - entry.created_ms
  const rules = conversation?.group?.role === 'owner' || conversation?.group?.role === 'manager'
  const sendable = entry.body !== undefined && entry.body.type !== 'other' && entry.body.type !== 'auto'
  const may: Record<Deed, boolean> = {
    react: entry.body !== undefined,
    reply: entry.body !== undefined,
    copy: entry.body !== undefined && 'text' in entry.body,
    forward: sendable,
    edit: mine && entry.body?.type === 'text' && age < (settings?.edit_window_ms ?? 0),
    receipts: mine && conversation?.kind === 'group',
    revoke: entry.body !== undefined && (rules || (mine && age < (settings?.revoke_window_ms ?? 0))),
    delete_me: true,
    delete_all: mine || rules,
  }
  return (Object.keys(may) as Deed[]).filter((deed) => may[deed])
}
