import { fit } from './sizes'
import type { Row } from './rows'

/** The box in which pictures and films are shown. */
export const MOST = { width: 320, height: 320 }
const LINE_PX = 22
const CHARS_PER_LINE = 42

/** How high a row may be before it was measured: right enough that a scroll bar does not jump. */
export function estimate(row: Row): number {
  switch (row.kind) {
    case 'day':
    case 'unread':
      return 42
    case 'notice':
      return 36
    case 'pending':
      return 44 + bodyHeight(row.pending.draft.body)
    case 'message': {
      const { body, quote, reactions } = row.entry
      return 20 + (row.first ? 8 : 0) + (quote ? 48 : 0) + (reactions ? 32 : 0) + bodyHeight(body)
    }
  }
}

function bodyHeight(body: { type: string, text?: string, width?: number, height?: number } | undefined): number {
  switch (body?.type) {
    case 'image':
    case 'video':
      return fit(body.width, body.height, MOST).height
    case 'audio':
      return 44
    case 'file':
      return 56
    default:
      return LINE_PX * (body?.text ?? '').split('\n').reduce((lines, line) => lines + 1 + Math.floor(line.length / CHARS_PER_LINE), 0)
  }
}
