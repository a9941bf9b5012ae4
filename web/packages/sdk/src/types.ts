/**
 * What the native API sends and takes. Ids are numbers, times are milliseconds UTC (`*_ms`), names are those of the wire.
 * `generated.ts` is made from docs/openapi.json by `npm run generate`; here its types get their names, and those that depend
 * on a `kind` or `type` are made narrower. tests/contract.test.ts holds the two together.
 */
import type { components } from './generated'

type Schemas = components['schemas']

export type AccountId = number
export type ConversationId = number
/** A place in a conversation's log: 1, 2, 3 … without holes. */
export type Seq = number

/** One page of a list; `next` is the cursor of the page after it. */
export interface Page<T> { items: T[], next: string | null }

// Signing in

export type Device = Schemas['Device']

export type Signed = Schemas['Signed']

/** A place where the account is signed in. */
export type SessionInfo = Schemas['Session']

export type SignUp = Schemas['NewAccount']
export type Register = Schemas['VisitorRegistration']

// People

export type Role = Schemas['Role']

/** Somebody as everybody sees them; `name` is the nickname, else the username, never the caller's remark. */
export type Person = Schemas['Person']

export type Me = Schemas['Me']

export type MePatch = Schemas['ProfileChange']

/** How much somebody may write before friendship. */
export type Openness = Schemas['Allowance']

export type Privacy = Schemas['Privacy']

export type Relation = Schemas['Relation']

export type Profile = Schemas['PersonDetails']

export type Presence = Schemas['Presence']

/** What the operator decided, readable without a token. */
export type ServerSettings = Schemas['Settings']

// Contacts

export type Contact = Schemas['Contact']

export type ContactPatch = Schemas['ChangeContact']

export type FriendRequest = Schemas['ContactRequest']

// Conversations

export type GroupRole = Schemas['GroupRole']
export type JoinPolicy = Schemas['JoinPolicy']

export type GroupBrief = Schemas['GroupBrief']

export type Conversation = Omit<Schemas['Conversation'], 'last'> & {
  /** The newest entry that may be shown. */
  last: Entry | null
}

export type ConversationPatch = Schemas['KeepConversation']

// Entries

export type Sender = Schemas['Sender']
export type Named = Schemas['Named']

export type MessageBody = Schemas['MessageBody']
export type TextBody = Extract<MessageBody, { type: 'text' }>
export type ImageBody = Extract<MessageBody, { type: 'image' }>
export type AudioBody = Extract<MessageBody, { type: 'audio' }>
export type VideoBody = Extract<MessageBody, { type: 'video' }>
export type FileBody = Extract<MessageBody, { type: 'file' }>
/** Said in another dialect, in words for this one. */
export type OtherBody = Extract<MessageBody, { type: 'other' }>
/** An automatic answer. */
export type AutoBody = Extract<MessageBody, { type: 'auto' }>

export type MediaBody = ImageBody | AudioBody | VideoBody | FileBody
/** What a client may send. */
export type SendableBody = TextBody | MediaBody

export type NoticeBody = Schemas['NoticeBody']

/** What happens to the entry `of`, which is 0 for one that the server does not know. */
export type ChangeBody = Schemas['ChangeBody']

export type Quote = Schemas['Quote']
export type Reaction = Schemas['Reaction']

type EntryBase = Pick<Schemas['Entry'], 'id' | 'conversation' | 'seq' | 'created_ms' | 'changed_seq'>

/** Somebody said something; without a body when it was taken back. */
export type MessageEntry = Omit<Schemas['Entry'], 'kind' | 'body'> & { kind: 'message', body?: MessageBody }
export type NoticeEntry = EntryBase & { kind: 'notice', sender?: Sender, body: NoticeBody }
export type ChangeEntry = EntryBase & { kind: 'change', sender?: Sender, body: ChangeBody }
/** Deleted, for me or for all. */
export type GoneEntry = EntryBase & { kind: 'gone' }

/** One place of the log. */
export type Entry = MessageEntry | NoticeEntry | ChangeEntry | GoneEntry

/** A stretch of a log, ascending. */
export interface EntryPage { items: Entry[], last_seq: Seq, first_seq: Seq }

/** What to say. */
export interface Draft { body: SendableBody, quote?: Seq, mentions?: AccountId[], mention_all?: boolean }

export type ReadState = Schemas['Progress']

/** How far a message came; the sender alone may ask. */
export type Receipts = Schemas['Receipts']

export type Forward = Schemas['ForwardBody']

export type FoundMessage = Omit<Schemas['Hit'], 'entry'> & { entry: Entry }

// Groups

export type Group = Schemas['Group']

export type GroupPatch = Schemas['ChangeGroup']

export type Member = Schemas['Member']

export type MemberPatch = Schemas['ChangeMember']

export type JoinRequest = Schemas['JoinRequest']

export type Invite = Schemas['Invite']

export type InvitePreview = Omit<Schemas['InvitePreview'], 'outcome'> & { outcome?: Joining['outcome'] }
export type Joining = Schemas['InviteJoined']

// Files

export type Uploaded = Schemas['Upload']

// Support

/** What a record is about. */
export type Scope = Schemas['Scope']

/** A question that somebody stored, with its answer. */
export type StoredAnswer = Schemas['StoredAnswer']
export type NewAnswer = Schemas['NewAnswer']

export type Complaint = Schemas['Complaint']
export type NewComplaint = Schemas['NewComplaint']

/** A merchant's text: a welcome, something for the staff to insert, or the answer to a question. */
export type MerchantReply = Schemas['StoredReply']
export type NewReply = Schemas['NewReply']
