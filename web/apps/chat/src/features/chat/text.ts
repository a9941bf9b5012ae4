/** A part of a text: words, a link that may be followed, or somebody who is meant. */
export type Part = { kind: 'words' | 'mention', text: string } | { kind: 'link', text: string, href: string }

const LINK = /https?:\/\/[^\s<>"'`，。！？；：、（）【】《》“”‘’]+/giu
/** Behind an address these end the sentence, not the address. */
const TAIL = /[.,!?;:'"*_~]+$/

/** The parts of a text. Only http and https are followed, and nothing is ever markup. `names`: who is meant in it. */
export function partsOf(text: string, names: readonly string[] = []): Part[] {
  const parts: Part[] = []
  let done = 0
  for (const match of text.matchAll(LINK)) {
    const shown = trimmed(match[0])
    const href = addressOf(shown)
    if (!href) continue
    parts.push(...mentions(text.slice(done, match.index), names), { kind: 'link', text: shown, href })
    done = match.index + shown.length
  }
  parts.push(...mentions(text.slice(done), names))
  return parts
}

function trimmed(match: string): string {
  let shown = match.replace(TAIL, '')
  while (shown.endsWith(')') && count(shown, ')') > count(shown, '(')) shown = shown.slice(0, -1).replace(TAIL, '')
  return shown
}

const count = (text: string, char: string) => text.split(char).length - 1

function addressOf(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return ['http:', 'https:'].includes(url.protocol) && url.hostname ? url.href : null
}

function mentions(text: string, names: readonly string[]): Part[] {
  const parts: Part[] = []
  let words = ''
  for (let at = 0; at < text.length;) {
    const name = text[at] === '@' ? longest(names, text, at + 1) : undefined
    if (name === undefined) {
      words += text[at++]
      continue
    }
    if (words) parts.push({ kind: 'words', text: words })
    words = ''
    parts.push({ kind: 'mention', text: `@${name}` })
    at += name.length + 1
  }
  if (words) parts.push({ kind: 'words', text: words })
  return parts
}

function longest(names: readonly string[], text: string, at: number): string | undefined {
  return names.filter((name) => name !== '' && text.startsWith(name, at)).sort((a, b) => b.length - a.length)[0]
}

/** One to three emoji and nothing else are shown large. */
export function isJumbo(text: string): boolean {
  if (text.length > 40) return false
  const graphemes = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text.trim())].map((part) => part.segment)
  return graphemes.length > 0 && graphemes.length <= 3 && graphemes.every((one) => /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(one))
}
