/** How many colours there are for faces without a picture. */
const HUES = 8

/** The first thing in a name that one reads: a letter, a character, an emoji; upper case where there is one. */
export function initialOf(name: string): string {
  for (const part of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name.trim())) {
    return part.segment.toLocaleUpperCase()
  }
  return '?'
}

/** Which colour belongs to somebody; always the same. */
export function hueOf(key: number | string): number {
  let sum = 0
  for (const char of String(key)) sum = (sum * 31 + char.codePointAt(0)!) >>> 0
  return sum % HUES
}
