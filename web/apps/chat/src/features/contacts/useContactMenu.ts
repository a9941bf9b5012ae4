import type { Contact } from '@hongyan/sdk'
import { IconBlock, IconChats, IconDelete, IconEdit, IconStar, useDialogs, useMenus, useToasts } from '@hongyan/ui'
import { useI18n } from '@/i18n'
import { useClient } from '@/app/client'
import { useProblems } from '@/app/problems'
import { useGoing } from '../shared/useGoing'
import { titleOf } from './book'

/** What may be done with a contact, as a menu. */
export function useContactMenu() {
  const { t } = useI18n()
  const client = useClient()
  const going = useGoing()
  const menus = useMenus()
  const dialogs = useDialogs()
  const toasts = useToasts()
  const { attempt } = useProblems()

  const change = (contact: Contact, patch: Parameters<typeof client.updateContact>[1]) =>
    client.updateContact(contact.account.id, patch)

  function rename(contact: Contact): void {
    void dialogs.open(() => import('../shared/PromptDialog.vue'), {
      title: t('contacts.remark'),
      label: t('people.remarkLabel'),
      hint: t('people.remarkHint'),
      value: contact.remark,
      save: (remark: string) => change(contact, { remark }),
    })
  }

  async function block(contact: Contact): Promise<void> {
    const name = titleOf(contact)
    const sure = contact.blocked
      || await dialogs.confirm({ title: t('people.blockTitle', { name }), text: t('people.blockText'), action: t('people.block'), danger: true })
    if (sure) await attempt(() => change(contact, { blocked: !contact.blocked }))
  }

  async function remove(contact: Contact): Promise<void> {
    const name = titleOf(contact)
    const sure = await dialogs.confirm({ title: t('people.deleteTitle', { name }), text: t('people.deleteText'), action: t('people.delete'), danger: true })
    if (sure && await attempt(() => client.removeContact(contact.account.id))) toasts.show(t('people.deleted', { name }))
  }

  return (where: HTMLElement | MouseEvent, contact: Contact): void => {
    menus.open(where, [
      { label: t('contacts.message'), icon: IconChats, run: () => void attempt(() => going.toMessages(contact.account.id)) },
      { disabled: contact.blocked, label: contact.starred ? t('contacts.unstar') : t('contacts.star'), icon: IconStar, run: () => void attempt(() => change(contact, { starred: !contact.starred })) },
      { label: t('contacts.remark'), icon: IconEdit, run: () => rename(contact) },
      { label: contact.blocked ? t('people.unblock') : t('people.block'), icon: IconBlock, danger: !contact.blocked, run: () => void block(contact) },
      { label: t('people.delete'), icon: IconDelete, danger: true, run: () => void remove(contact) },
    ], t('contacts.actions', { name: titleOf(contact) }))
  }
}
