/** Every route of the native API as a typed method. All reject with `Problem`. */
import { bodyOf, upload, type UploadOptions } from './files'
import type { Http, Query } from './http'
import type * as T from './types'

export interface PageOptions { limit?: number, cursor?: string }
export interface EntriesAt { before?: T.Seq, after?: T.Seq, around?: T.Seq, limit?: number }

/** The most that a list may ask for at once. */
const PAGE = 200

export class Api {
  readonly sessions
  readonly accounts
  readonly contacts
  readonly conversations
  readonly messages
  readonly search
  readonly groups
  readonly invites
  readonly files
  readonly answers
  readonly complaints
  readonly replies

  constructor(http: Http) {
    this.sessions = sessions(http)
    this.accounts = accounts(http)
    this.contacts = contacts(http)
    this.conversations = conversations(http)
    this.messages = messages(http)
    this.search = search(http)
    this.groups = groups(http)
    this.invites = invites(http)
    this.files = files(http)
    this.answers = answers(http)
    this.complaints = complaints(http)
    this.replies = replies(http)
  }
}

function sessions(http: Http) {
  return {
    list: () => all<T.SessionInfo>(http, '/v1/sessions'),
    end: (id: number) => http.delete(`/v1/sessions/${id}`),
    endOthers: () => http.delete('/v1/sessions'),
  }
}

function accounts(http: Http) {
  return {
    me: () => http.get<T.Me>('/v1/me'),
    updateMe: (patch: T.MePatch) => http.patch<T.Me>('/v1/me', patch),
    /** Ends all other sessions. */
    changePassword: (old: string, next: string) => http.put('/v1/me/password', { old, new: next }),
    privacy: () => http.get<T.Privacy>('/v1/me/privacy'),
    updatePrivacy: (patch: Partial<T.Privacy>) => http.patch<T.Privacy>('/v1/me/privacy', patch),
    /** At most 100. */
    list: (ids: readonly T.AccountId[]) => all<T.Person>(http, '/v1/accounts', { ids: ids.join(',') }),
    profile: (id: T.AccountId | string) => http.get<T.Profile>(`/v1/accounts/${part(id)}`),
    presence: (ids: readonly T.AccountId[]) => all<T.Presence>(http, '/v1/presence', { ids: ids.join(',') }),
    settings: () => http.get<T.ServerSettings>('/v1/settings', {}, { open: true }),
  }
}

function contacts(http: Http) {
  const requests = '/v1/contacts/requests'
  return {
    /** By initial, then by name. */
    list: () => all<T.Contact>(http, '/v1/contacts', { limit: PAGE }),
    update: (account: T.AccountId, patch: T.ContactPatch) => http.patch<T.Contact>(`/v1/contacts/${account}`, patch),
    remove: (account: T.AccountId) => http.delete(`/v1/contacts/${account}`),
    /** Received and sent. */
    requests: () => all<T.FriendRequest>(http, requests, { limit: PAGE }),
    ask: (account: T.AccountId, text?: string) =>
      http.post<{ outcome: 'asked' | 'friends' }>(requests, { account, text }),
    accept: (request: number, remark?: string) => http.post<T.FriendRequest>(`${requests}/${request}/accept`, { remark }),
    refuse: (request: number) => http.post<T.FriendRequest>(`${requests}/${request}/refuse`, {}),
  }
}

function conversations(http: Http) {
  const one = (id: T.ConversationId) => `/v1/conversations/${id}`
  return {
    list: (hidden = false) =>
      all<T.Conversation>(http, '/v1/conversations', { limit: PAGE, hidden: hidden || undefined }),
    get: (id: T.ConversationId) => http.get<T.Conversation>(one(id)),
    direct: (account: T.AccountId) => http.post<T.Conversation>('/v1/conversations', { account }),
    update: (id: T.ConversationId, patch: T.ConversationPatch) => http.patch<T.Conversation>(one(id), patch),
    clear: (id: T.ConversationId) => http.post(`${one(id)}/clear`),
    read: (id: T.ConversationId, seq: T.Seq) => http.put<T.ReadState>(`${one(id)}/read`, { seq }),
    delivered: (id: T.ConversationId, seq: T.Seq) => http.put(`${one(id)}/delivered`, { seq }),
  }
}

function messages(http: Http) {
  const one = (id: T.ConversationId, seq: T.Seq) => `/v1/conversations/${id}/messages/${seq}`
  return {
    /** Without a place: the newest page. */
    entries: (id: T.ConversationId, at: EntriesAt = {}) =>
      http.get<T.EntryPage>(`/v1/conversations/${id}/entries`, { ...at }),
    send: (id: T.ConversationId, message: T.Draft & { client_id?: string }) =>
      http.post<T.Entry>(`/v1/conversations/${id}/messages`, message),
    edit: (id: T.ConversationId, seq: T.Seq, text: string) => http.patch<T.Entry>(one(id, seq), { text }),
    revoke: (id: T.ConversationId, seq: T.Seq) => http.post(`${one(id, seq)}/revoke`),
    remove: (id: T.ConversationId, seq: T.Seq, whose: 'me' | 'all') => http.delete(one(id, seq), { for: whose }),
    react(id: T.ConversationId, seq: T.Seq, emoji: string, on: boolean): Promise<void> {
      const path = `${one(id, seq)}/reactions/${part(emoji)}`
      return on ? http.put(path) : http.delete(path)
    },
    receipts: (id: T.ConversationId, seq: T.Seq) => http.get<T.Receipts>(`${one(id, seq)}/receipts`),
    async forward(request: T.Forward): Promise<T.Entry[]> {
      return (await http.post<{ items: T.Entry[] }>('/v1/messages/forward', request)).items
    },
  }
}

function search(http: Http) {
  return {
    /** Newest first. */
    messages: (q: string, options: PageOptions & { conversation?: T.ConversationId } = {}) =>
      http.get<T.Page<T.FoundMessage>>('/v1/search/messages', { q, ...options }),
    people: async (q: string) => (await http.get<{ items: T.Person[] }>('/v1/search/people', { q })).items,
  }
}

function groups(http: Http) {
  const one = (id: T.ConversationId) => `/v1/groups/${id}`
  return {
    create: (name: string | undefined, members: readonly T.AccountId[]) =>
      http.post<T.Conversation>('/v1/groups', { name, members }),
    get: (id: T.ConversationId) => http.get<T.Group>(one(id)),
    update: (id: T.ConversationId, patch: T.GroupPatch) => http.patch<T.Group>(one(id), patch),
    /** What the caller is called there, and what it calls the group. */
    updateMine: (id: T.ConversationId, patch: { nickname?: string, alias?: string }) =>
      http.patch<T.Group>(`${one(id)}/me`, patch),
    dissolve: (id: T.ConversationId) => http.delete(one(id)),
    leave: (id: T.ConversationId) => http.post(`${one(id)}/leave`),
    setOwner: (id: T.ConversationId, account: T.AccountId) => http.post<T.Group>(`${one(id)}/owner`, { account }),
    members: (id: T.ConversationId) => all<T.Member>(http, `${one(id)}/members`, { limit: PAGE }),
    add: (id: T.ConversationId, accounts: readonly T.AccountId[]) =>
      http.post<{ joined: T.AccountId[], waiting: T.AccountId[] }>(`${one(id)}/members`, { accounts }),
    removeMember: (id: T.ConversationId, account: T.AccountId) => http.delete(`${one(id)}/members/${account}`),
    updateMember: (id: T.ConversationId, account: T.AccountId, patch: T.MemberPatch) =>
      http.patch<void>(`${one(id)}/members/${account}`, patch),
    requests: (id: T.ConversationId) => all<T.JoinRequest>(http, `${one(id)}/requests`, { limit: PAGE }),
    accept: (id: T.ConversationId, account: T.AccountId) => http.post(`${one(id)}/requests/${account}/accept`),
    refuse: (id: T.ConversationId, account: T.AccountId) => http.post(`${one(id)}/requests/${account}/refuse`),
    invites: (id: T.ConversationId) => all<T.Invite>(http, `${one(id)}/invites`, { limit: PAGE }),
    invite: (id: T.ConversationId, limits: { expires_s?: number, uses?: number } = {}) =>
      http.post<T.Invite>(`${one(id)}/invites`, limits),
    endInvite: (id: T.ConversationId, invite: number) => http.delete(`${one(id)}/invites/${invite}`),
  }
}

function invites(http: Http) {
  return {
    /** Whoever holds the link may look; `outcome` is for who is signed in. */
    get: (token: string) => http.get<T.InvitePreview>(`/v1/invites/${part(token)}`, {}, { open: 'either' }),
    join: (token: string) => http.post<T.Joining>(`/v1/invites/${part(token)}/join`),
  }
}

function files(http: Http) {
  return {
    upload: (file: Blob, options: UploadOptions & { name?: string } = {}) => upload(http, file, options),
    /** A picture (SVG) of a QR code; `text` at most 512 bytes. It is asked for with the token, so no `src` can name it. */
    qrcode: (text: string) => http.blob('/v1/qrcode', { text }),
    bodyOf,
  }
}

/** Questions that the caller stored, with their answers. */
function answers(http: Http) {
  return {
    list: (scope: T.Scope) => all<T.StoredAnswer>(http, '/v1/answers', { scope }),
    /** One to the same question is replaced. */
    add: (answer: T.NewAnswer) => http.post<T.StoredAnswer>('/v1/answers', answer),
    update: (id: number, patch: { ask?: string, answer?: string }) =>
      http.patch<T.StoredAnswer>(`/v1/answers/${id}`, patch),
    remove: (id: number) => http.delete(`/v1/answers/${id}`),
  }
}

function complaints(http: Http) {
  return {
    list: () => all<T.Complaint>(http, '/v1/complaints'),
    add: (complaint: T.NewComplaint) => http.post<T.Complaint>('/v1/complaints', complaint),
    update: (id: number, patch: { content?: string, images?: string[] }) =>
      http.patch<T.Complaint>(`/v1/complaints/${id}`, patch),
    remove: (id: number) => http.delete(`/v1/complaints/${id}`),
  }
}

/** A merchant's texts. */
function replies(http: Http) {
  return {
    /** The caller's own; of another merchant those that it shows to everybody. */
    list: (merchant?: T.AccountId) => all<T.MerchantReply>(http, '/v1/replies', { merchant }),
    add: (reply: T.NewReply) => http.post<T.MerchantReply>('/v1/replies', reply),
    update: (id: number, patch: Partial<T.NewReply>) => http.patch<T.MerchantReply>(`/v1/replies/${id}`, patch),
    remove: (id: number) => http.delete(`/v1/replies/${id}`),
  }
}

/** Every page of a list, one after the other. */
async function all<I>(http: Http, path: string, query: Query = {}): Promise<I[]> {
  const items: I[] = []
  let cursor: string | undefined
  do {
    const page = await http.get<Partial<T.Page<I>>>(path, { ...query, cursor })
    items.push(...(page.items ?? []))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return items
}

/** A piece of a path. */
function part(value: string | number): string {
  return encodeURIComponent(value)
}
