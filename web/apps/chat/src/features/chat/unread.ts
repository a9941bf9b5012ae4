import type { LogView, Seq } from '@hongyan/sdk'

/** Whether what stands at `seq`, or would if it were shown, is in the window. */
export function covers({ entries, atStart, atEnd }: Pick<LogView, 'entries' | 'atStart' | 'atEnd'>, seq: Seq): boolean {
  const [first, last] = [entries[0]?.seq, entries.at(-1)?.seq]
  return (atStart || (first !== undefined && first <= seq)) && (atEnd || (last !== undefined && last >= seq))
}
