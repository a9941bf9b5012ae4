import type { Contact, FriendRequest, Profile, Relation } from '@hongyan/sdk'

const NO_FRIEND: Partial<Relation> = { friend: false, remark: '', starred: false, blocked: false }

/** A profile with what the lists of contacts and requests say newer; a list that is not here (null) says nothing. */
export function withNews(profile: Profile, contacts: readonly Contact[] | null, requests: readonly FriendRequest[] | null): Profile {
  const relation = { ...profile.relation, ...ofContacts(profile.id, contacts), ...ofRequests(profile.id, requests) }
  const contact = contacts?.find((item) => item.account.id === profile.id)
  return { ...profile, ...(contact && { name: contact.account.name, avatar: contact.account.avatar }), relation }
}

function ofContacts(id: number, contacts: readonly Contact[] | null): Partial<Relation> {
  if (contacts === null) return {}
  const contact = contacts.find((item) => item.account.id === id)
  if (!contact) return NO_FRIEND
  const { remark, starred, blocked, shows_me, shows_them } = contact
  return { friend: true, remark, starred, blocked, shows_me, shows_them }
}

function ofRequests(id: number, requests: readonly FriendRequest[] | null): Partial<Relation> {
  if (requests === null) return {}
  const open = requests.filter((request) => request.state === 'pending')
  const received = open.find((request) => request.from.id === id)
  if (received) return { requested: 'received', request: received.id }
  const sent = open.find((request) => request.to.id === id)
  return sent ? { requested: 'sent', request: sent.id } : { requested: 'none', request: undefined }
}
