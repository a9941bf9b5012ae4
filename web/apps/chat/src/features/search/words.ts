import type { Entry } from '@hongyan/sdk'

/** What of an entry can be found and shown: its text, or the name of its file. */
export function wordsOf(entry: Entry): string {
  if (entry.kind !== 'message' || !entry.body) return ''
  switch (entry.body.type) {
    case 'text':
    case 'other':
    case 'auto':
      return entry.body.text
    case 'file':
    case 'image':
      return entry.body.name ?? ''
    default:
      return ''
  }
}
