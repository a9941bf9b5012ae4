import type { ConversationLog } from '@hongyan/sdk'
import { useDialogs, useToasts } from '@hongyan/ui'
import { shallowRef } from 'vue'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'
import { sizeText } from './sizes'

/** Files that were chosen, pasted or dropped: looked at once more, then sent. */
export function useSendFiles(log: ConversationLog, sent: () => void) {
  const { t, locale } = useI18n()
  const client = useClient()
  const dialogs = useDialogs()
  const toasts = useToasts()
  /** Something is dragged over the conversation. */
  const over = shallowRef(false)

  async function offer(files: readonly File[]): Promise<void> {
    const most = client.settings.value?.upload_bytes ?? Infinity
    const fitting = files.filter((file) => file.size <= most)
    const large = files.find((file) => file.size > most)
    if (large) toasts.show(t('chat.too_large', { name: large.name, size: sizeText(most, locale.value) }), { kind: 'problem' })
    if (fitting.length === 0) return
    const chosen = await dialogs.open<File[]>(() => import('./SendFilesDialog.vue'), { files: fitting })
    for (const file of chosen ?? []) log.sendFile(file)
    if (chosen?.length) sent()
  }

  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
  const drop = {
    dragover(event: DragEvent): void {
      if (!carriesFiles(event)) return
      event.preventDefault()
      over.value = true
    },
    dragleave(event: DragEvent): void {
      if (!(event.currentTarget as HTMLElement).contains(event.relatedTarget as Node | null)) over.value = false
    },
    drop(event: DragEvent): void {
      over.value = false
      if (!carriesFiles(event)) return
      event.preventDefault()
      void offer([...(event.dataTransfer?.files ?? [])])
    },
  }

  return { offer, over, drop }
}
