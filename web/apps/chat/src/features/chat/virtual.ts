/** Where each row of a long list stands: row `i` from `offsets[i]` to `offsets[i + 1]`. */
export interface Layout { readonly offsets: Float64Array, readonly total: number }

/** Rows that are in the page: from `start`, before `end`. */
export interface Range { readonly start: number, readonly end: number }

export function layOut(count: number, heightOf: (index: number) => number): Layout {
  const offsets = new Float64Array(count + 1)
  for (let i = 0; i < count; i++) offsets[i + 1] = offsets[i]! + heightOf(i)
  return { offsets, total: offsets[count]! }
}

/** The row at a height: the last that begins at or above it. */
export function rowAt({ offsets }: Layout, y: number): number {
  let [low, high] = [0, Math.max(0, offsets.length - 2)]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (offsets[middle]! <= y) low = middle
    else high = middle - 1
  }
  return low
}

/** What is to be in the page when `height` is seen from `top` on, with `spare` above and below. */
export function rangeOf(layout: Layout, top: number, height: number, spare: number): Range {
  const count = layout.offsets.length - 1
  if (count === 0) return { start: 0, end: 0 }
  return { start: rowAt(layout, Math.max(0, top - spare)), end: Math.min(count, rowAt(layout, top + height + spare) + 1) }
}

/** What stays where it is while the list changes: its end, or a row that stands `y` below the upper edge. */
export type Anchor = 'end' | { readonly key: string, readonly y: number }

/** How far the list is scrolled so that the anchor is where it was; null when its row is gone. */
export function scrollFor(anchor: Anchor, layout: Layout, indexOf: (key: string) => number | undefined, height: number): number | null {
  const most = Math.max(0, layout.total - height)
  if (anchor === 'end') return most
  const index = indexOf(anchor.key)
  return index === undefined ? null : Math.min(most, Math.max(0, layout.offsets[index]! - anchor.y))
}
