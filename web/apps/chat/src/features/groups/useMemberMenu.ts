import type { Member } from '@hongyan/sdk'
import { IconChats, IconContacts, IconDelete, IconQuiet, IconShield, useDialogs, useMenus, type MenuItem } from '@hongyan/ui'
import { useI18n } from '@/i18n'
import { useProblems } from '@/app/problems'
import { useGoing } from '../shared/useGoing'
import { mayRule, mutedFor } from './rights'
import type { GroupHandle } from './useGroup'

/** What the caller may do with a member, as a menu. `leave` is called before one goes elsewhere. */
export function useMemberMenu(handle: GroupHandle, leave: () => void) {
  const { t } = useI18n()
  const going = useGoing()
  const dialogs = useDialogs()
  const menus = useMenus()
  const { attempt } = useProblems()

  const mayMessage = (member: Member) => member.account.id !== handle.me.value?.id
  const offers = (member: Member) => mayMessage(member)

  async function toMessages(member: Member): Promise<void> {
    if (await attempt(() => going.toMessages(member.account.id))) leave()
  }
  async function remove(member: Member, name: string): Promise<void> {
    const question = { title: t('groups.removeTitle', { name }), text: t('groups.removeText'), action: t('groups.removeMember'), danger: true }
    if (await dialogs.confirm(question)) await attempt(() => handle.remove(member.account.id))
  }
  async function mute(member: Member, name: string): Promise<void> {
    await dialogs.open(() => import('./MuteDialog.vue'), {
      name,
      submit: (mute_s: number) => handle.updateMember(member.account.id, { mute_s }),
    })
  }

  function ruling(member: Member, name: string): MenuItem[] {
    const group = handle.group.value
    if (!group || !mayRule(group.role, member) || !handle.rights.value?.manage) return []
    const { id } = member.account
    const muted = mutedFor(member.muted_until_ms, Date.now()) > 0
    return [
      muted
        ? { label: t('groups.unmute'), icon: IconQuiet, run: () => void attempt(() => handle.updateMember(id, { mute_s: 0 })) }
        : { label: t('groups.mute'), icon: IconQuiet, run: () => void mute(member, name) },
      { label: t('groups.removeMember'), icon: IconDelete, danger: true, run: () => void remove(member, name) },
    ]
  }
  function appointing(member: Member): MenuItem[] {
    if (!handle.rights.value?.appoint || member.role === 'owner') return []
    const role = member.role === 'manager' ? 'member' : 'manager'
    const label = t(role === 'manager' ? 'groups.makeManager' : 'groups.endManager')
    return [{ label, icon: IconShield, run: () => void attempt(() => handle.updateMember(member.account.id, { role })) }]
  }

  function open(where: HTMLElement | MouseEvent, member: Member, name: string): void {
    menus.open(where, [
      { label: t('groups.viewProfile'), icon: IconContacts, run: () => void dialogs.open(() => import('../people/PersonDialog.vue'), { account: member.account.id }) },
      { label: t('groups.message'), icon: IconChats, run: () => void toMessages(member) },
      ...appointing(member),
      ...ruling(member, name),
    ], t('groups.memberActions', { name }))
  }

  return { open, offers }
}
