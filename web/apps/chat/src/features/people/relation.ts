import type { Profile } from '@hongyan/sdk'

/** How somebody stands to the caller: what the card offers follows from it. */
export type Standing = 'self' | 'friend' | 'received' | 'sent' | 'stranger'

export function standing(profile: Profile, me: number): Standing {
  if (profile.id === me) return 'self'
  if (profile.relation.friend) return 'friend'
  if (profile.relation.requested === 'received') return 'received'
  if (profile.relation.requested === 'sent') return 'sent'
  return 'stranger'
}

/** What the caller calls them. */
export function titleOf(profile: Profile): string {
  return profile.relation.remark || profile.name
}

/** An address that may stand in a link: http(s) only, a bare host gets https. Null for everything else. */
export function linkOf(website: string | undefined): string | null {
  const text = website?.trim() ?? ''
  if (text === '') return null
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/]+:\d+/.test(text) ? text : `https://${text}`)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  } catch {
    return null
  }
}
