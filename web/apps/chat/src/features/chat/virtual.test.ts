import { expect, it } from 'vitest'
import { layOut, rangeOf, rowAt, scrollFor } from './virtual'

const heights = [10, 20, 30, 40] // begin at 0, 10, 30, 60; together 100
const layout = layOut(heights.length, (i) => heights[i]!)
const indexOf = (key: string) => ({ a: 0, b: 1, c: 2, d: 3 })[key]

it.each([[-5, 0], [0, 0], [9, 0], [10, 1], [29.9, 1], [30, 2], [99, 3], [500, 3]])('at %s stands row %s', (y, row) => {
  expect(rowAt(layout, y)).toBe(row)
})

it.each([
  { top: 0, height: 30, spare: 0, range: [0, 3] },
  { top: 12, height: 10, spare: 0, range: [1, 2] },
  { top: 12, height: 10, spare: 100, range: [0, 4] },
])('$height from $top with $spare shows $range', ({ top, height, spare, range }) => {
  const { start, end } = rangeOf(layout, top, height, spare)
  expect([start, end]).toEqual(range)
})

it('an empty list shows nothing', () => {
  const empty = layOut(0, () => 1)
  expect([rangeOf(empty, 0, 100, 50), rowAt(empty, 3)]).toEqual([{ start: 0, end: 0 }, 0])
})

it.each([
  { anchor: 'end' as const, scroll: 70 },
  { anchor: { key: 'c', y: 5 }, scroll: 25 },
  { anchor: { key: 'c', y: -12 }, scroll: 42 },
  { anchor: { key: 'a', y: 20 }, scroll: 0 },
  { anchor: { key: 'd', y: -30 }, scroll: 70 },
  { anchor: { key: 'gone', y: 0 }, scroll: null },
])('$anchor is kept by scrolling to $scroll', ({ anchor, scroll }) => {
  expect(scrollFor(anchor, layout, indexOf, 30)).toBe(scroll)
})

it('older rows before an anchor leave it where it is', () => {
  const anchor = { key: 'b', y: -4 }
  const before = scrollFor(anchor, layout, indexOf, 30)!
  const longer = layOut(6, (i) => [100, 100, ...heights][i]!)
  const after = scrollFor(anchor, longer, (key) => indexOf(key)! + 2, 30)!
  expect(after - before).toBe(200)
})
