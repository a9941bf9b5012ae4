/** What is half written in a conversation. */
export interface DraftText {
  text: string
  /** The message that it answers. */
  quote?: number
}

export type Drafts = ReadonlyMap<number, DraftText>

/** More are dropped, the oldest first: it is a desk, not an archive. */
const MOST = 100

/** The drafts after one changed; an empty one is none. The newest is the last. */
export function withDraft(drafts: Drafts, conversation: number, draft: DraftText | undefined): Drafts {
  const next = new Map(drafts)
  next.delete(conversation)
  if (draft && (draft.text.trim() !== '' || draft.quote !== undefined)) next.set(conversation, draft)
  return new Map([...next].slice(-MOST))
}

export function encode(drafts: Drafts): string {
  return JSON.stringify([...drafts])
}

/** What was stored; nothing when that is not a list of drafts. */
export function decode(stored: string | null): Drafts {
  try {
    const pairs: unknown = JSON.parse(stored ?? '[]')
    return Array.isArray(pairs) ? new Map(pairs.filter(isDraft)) : new Map()
  } catch {
    return new Map()
  }
}

function isDraft(pair: unknown): pair is [number, DraftText] {
  return Array.isArray(pair) && typeof pair[0] === 'number' && typeof (pair[1] as DraftText | null)?.text === 'string'
}
