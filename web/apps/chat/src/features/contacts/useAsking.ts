import type { Person } from '@hongyan/sdk'
import { useDialogs, useToasts } from '@hongyan/ui'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'

/** Asks somebody to be a friend, with a few words. Answers whether they were asked. */
export function useAsking() {
  const { t } = useI18n()
  const client = useClient()
  const dialogs = useDialogs()
  const toasts = useToasts()

  return async (person: Pick<Person, 'id' | 'name'>): Promise<boolean> => {
    let outcome = 'asked'
    const asked = await dialogs.open<boolean>(() => import('../shared/PromptDialog.vue'), {
      title: t('contacts.find.askTitle', { name: person.name }),
      label: t('contacts.find.askText'),
      value: t('contacts.find.askHello', { name: client.me.value?.name ?? '' }),
      action: t('contacts.find.askSend'),
      max: 255,
      lines: 3,
      save: async (text: string) => { outcome = await client.ask(person.id, text || undefined) },
    })
    if (asked) toasts.show(outcome === 'friends' ? t('contacts.find.friends', { name: person.name }) : t('contacts.find.asked'))
    return asked === true
  }
}
