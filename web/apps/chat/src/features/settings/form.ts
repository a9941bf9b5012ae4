import type { Me, MePatch } from '@hongyan/sdk'

/** The fields of a profile as they stand in a form: texts, empty when unset. */
export type ProfileForm = Required<Omit<MePatch, 'avatar'>>

const FIELDS = ['nickname', 'bio', 'gender', 'birthday', 'location', 'website'] as const

export function formOf(me: Me): ProfileForm {
  const gender = me.gender === 'unknown' ? '' : me.gender
  return { nickname: me.nickname, bio: me.bio ?? '', gender: gender ?? '', birthday: me.birthday ?? '', location: me.location ?? '', website: me.website ?? '' }
}

/** What a form changes; an address without `https://` gets it. */
export function patchOf(me: Me, form: ProfileForm): MePatch {
  const now = formOf(me)
  const wanted = { ...form, website: webAddress(form.website) }
  return Object.fromEntries(FIELDS.filter((key) => wanted[key].trim() !== now[key]).map((key) => [key, wanted[key].trim()]))
}

function webAddress(text: string): string {
  const address = text.trim()
  return address === '' || /^https?:\/\//i.test(address) ? address : `https://${address}`
}
