/** A piece of a text; `hit` when it is what was looked for. */
export interface Piece { text: string, hit: boolean }

/** `text` in pieces, with every occurrence of each word of `query` marked, in any case. */
export function pieces(text: string, query: string): Piece[] {
  const words = wordsOf(query)
  if (words.length === 0 || text === '') return text === '' ? [] : [{ text, hit: false }]
  const pattern = new RegExp(words.map(escape).join('|'), 'giu')
  const found: Piece[] = []
  let end = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), hit: false })
    found.push({ text: match[0], hit: true })
    end = match.index + match[0].length
  }
  if (end < text.length) found.push({ text: text.slice(end), hit: false })
  return found
}

/** The part of a long text around its first hit, so that a line shows it. */
export function excerpt(text: string, query: string, before = 24, length = 160): string {
  const flat = text.replaceAll(/\s+/gu, ' ').trim()
  const first = pieces(flat, query).findIndex((piece) => piece.hit)
  const at = first < 0 ? 0 : pieces(flat, query).slice(0, first).reduce((n, piece) => n + piece.text.length, 0)
  const start = at > before + 8 ? at - before : 0
  const cut = [...flat.slice(start)]
  return (start > 0 ? '…' : '') + cut.slice(0, length).join('') + (cut.length > length ? '…' : '')
}

/** Longest first, so that a word does not hide another that begins like it. */
function wordsOf(query: string): string[] {
  return [...new Set(query.trim().split(/\s+/u).filter((word) => word !== ''))].sort((a, b) => b.length - a.length)
}

function escape(word: string): string {
  return word.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
