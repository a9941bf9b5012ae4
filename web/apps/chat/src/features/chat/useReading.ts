import type { Conversation, ConversationLog, LogView, Seq } from '@hongyan/sdk'
import { useToasts } from '@hongyan/ui'
import { computed, nextTick, onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { useI18n } from '@/i18n'
import { useClient, useWatch } from '@/app/client'
import { isAttended } from '@/app/notifications'
import { covers } from './unread'
import { type Row, rowsOf, seqOf } from './rows'
import type { VirtualList } from './useVirtualList'
import { rowAt } from './virtual'

interface Options {
  log: ConversationLog
  view: Readonly<Ref<LogView>>
  conversation: Readonly<Ref<Conversation | undefined>>
  at: Readonly<Ref<Seq | undefined>>
  me: Readonly<Ref<number>>
  /** The row that a jump led to. */
  marked: Ref<string>
}

/** So near to an edge the next page is asked for. */
const AHEAD_PX = 1200
/** The mark of unread messages stands so far below the upper edge. */
const MARK_PX = 96
const MARKED_MS = 2000

/** Where somebody is in a conversation: what they saw, what they did not, and how they get to a place. */
export function useReading({ log, view, conversation, at, me, marked }: Options) {
  const { t } = useI18n()
  const client = useClient()
  const status = useWatch(client.status)
  const toasts = useToasts()
  /** What lies behind was not read when one came; null when all was. */
  const unreadAfter = shallowRef<Seq | null>(null)
  const unreadThen = shallowRef(0)
  const seen = shallowRef<Seq>(0)
  const rows = computed(() => rowsOf(view.value, me.value, unreadAfter.value))
  let list: VirtualList | undefined
  let arriving = false
  let arrived = false
  /** The read cursor that was asked for. */
  let told: Seq = 0

  /** What is unread is known, and here: from the server, or without a connection as far as it was kept. */
  const settled = computed(() => {
    const { ready, stale } = view.value
    if (!ready || me.value === 0 || !conversation.value) return false
    return status.value === 'offline' || (!stale && client.conversation(log.id) !== undefined)
  })

  const news = computed(() => {
    if (!list || (list.atEnd.value && view.value.atEnd)) return 0
    if (!view.value.atEnd) return conversation.value?.unread ?? 0
    return view.value.entries.filter((one) => one.kind === 'message' && one.seq > seen.value && one.sender?.id !== me.value).length
  })
  /** Unread messages that lie before what is loaded. */
  const earlier = computed(() => {
    const first = view.value.entries[0]?.seq
    if (unreadAfter.value === null || first === undefined || view.value.atStart) return 0
    return first > unreadAfter.value + 1 ? unreadThen.value : 0
  })

  /** Reads with the list: asks for pages near its edges, and notes what was seen. */
  function follow(with_: VirtualList): void {
    list = with_
    watch(settled, (now) => now && void arrive(), { immediate: true, flush: 'post' })
    watch([list.scrollTop, list.layout, list.height, view], turn, { flush: 'post' })
    watch(at, (seq) => seq && arrived && void jumpTo(seq))
    watch(() => view.value.lastSeq, (_, before) => {
      if (!isAttended() && before >= seen.value && unreadAfter.value === null && arrived) unreadAfter.value = before
    })
  }

  async function arrive(): Promise<void> {
    const now = conversation.value
    if (arriving || !now) return
    arriving = true
    seen.value = now.read_seq
    if (now.unread > 0) [unreadAfter.value, unreadThen.value] = [now.read_seq, now.unread]
    if (now.marked_unread) void client.keep(log.id, { marked_unread: false }).catch(() => undefined)
    const waited = list?.atEnd.value // who has scrolled meanwhile is left alone
    if (at.value) await jumpTo(at.value)
    else if (waited && now.unread > 0) await toUnread()
    else if (waited && !view.value.atEnd) await toEnd()
    arrived = true
    turn()
  }

  function turn(): void {
    const now = view.value
    if (!list || !arrived || !now.ready) return
    const top = list.scrollTop.value
    const below = list.layout.value.total - top - list.height.value
    if (top < AHEAD_PX && !now.atStart && !now.loadingOlder && !now.problem) void log.loadOlder()
    if (below < AHEAD_PX && !now.atEnd && !now.loadingNewer && !now.problem) void log.loadNewer()
    note()
  }

  /** What is on the screen of somebody who looks at it is read. */
  function note(): void {
    if (!list || !arrived || !isAttended() || !view.value.ready) return
    const last = list.atEnd.value && view.value.atEnd ? view.value.lastSeq : lastSeen(list, rows.value)
    if (last > seen.value) seen.value = last
    if (!conversation.value || last <= Math.max(told, conversation.value.read_seq)) return
    told = last
    log.markRead(last)
  }

  async function jumpTo(seq: Seq): Promise<void> {
    const here = () => rows.value.find((row) => seqOf(row) === seq)
    if (!here() && !(await log.jumpTo(seq).catch(() => false))) return void toasts.show(t('chat.gone'))
    await nextTick()
    const row = here()
    if (!row) return void toasts.show(t('chat.gone'))
    await list?.scrollTo(row.key)
    marked.value = row.key
    setTimeout(() => marked.value === row.key && (marked.value = ''), MARKED_MS)
  }

  async function toUnread(): Promise<void> {
    if (unreadAfter.value === null) return
    if (!covers(view.value, unreadAfter.value + 1)) await log.jumpTo(unreadAfter.value + 1).catch(() => false)
    await nextTick()
    const row = rows.value.find((one) => seqOf(one) > (unreadAfter.value ?? 0))
    await list?.scrollTo(rows.value.some((one) => one.kind === 'unread') ? 'unread' : (row?.key ?? ''), MARK_PX)
  }

  async function toEnd(): Promise<void> {
    if (!view.value.atEnd) await log.jumpToEnd().catch(() => undefined)
    await nextTick()
    list?.scrollToEnd()
  }

  const retry = (): void => void (view.value.ready ? log.loadOlder() : log.load())

  addEventListener('focus', note)
  document.addEventListener('visibilitychange', note)
  onScopeDispose(() => {
    removeEventListener('focus', note)
    document.removeEventListener('visibilitychange', note)
  })

  return { rows, news, earlier, follow, jumpTo, toUnread, toEnd, retry }
}

function lastSeen(list: VirtualList, rows: readonly Row[]): Seq {
  let index = rowAt(list.layout.value, list.scrollTop.value + list.height.value - 8)
  while (index > 0 && seqOf(rows[index]) === 0) index--
  return seqOf(rows[index])
}
