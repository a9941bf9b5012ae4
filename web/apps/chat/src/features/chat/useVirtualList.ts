import { computed, type Directive, nextTick, onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import { type Anchor, layOut, rangeOf, rowAt, scrollFor } from './virtual'

interface Keyed { readonly key: string }

interface Options<R extends Keyed> {
  /** What scrolls. */
  viewport: Ref<HTMLElement | undefined>
  rows: Ref<readonly R[]>
  /** How high a row may be that was not seen yet. */
  estimate: (row: R) => number
  /** Whether the last row is the newest, so that the list holds on to its end. */
  follows: Ref<boolean>
}

/** Rows beyond the edges that are in the page already. */
const SPARE_PX = 800
/** So near to the end counts as there. */
const END_PX = 48

/**
 * A list of thousands of rows of which a few dozen are in the page. What one reads stays where it is when rows come before
 * it or change their height; at the end it follows what is new.
 */
export function useVirtualList<R extends Keyed>({ viewport, rows, estimate, follows }: Options<R>) {
  const heights = new Map<string, number>()
  const measured = shallowRef(0)
  const scrollTop = shallowRef(0)
  const height = shallowRef(0)
  let anchor: Anchor = 'end'
  const atEnd = shallowRef(true)

  const indices = computed(() => new Map(rows.value.map((row, index) => [row.key, index])))
  const layout = computed(() => {
    void measured.value
    const all = rows.value
    return layOut(all.length, (i) => heights.get(all[i]!.key) ?? estimate(all[i]!))
  })
  const range = computed(() => rangeOf(layout.value, scrollTop.value, height.value, SPARE_PX))
  const visible = computed(() => rows.value.slice(range.value.start, range.value.end))
  const before = computed(() => layout.value.offsets[range.value.start] ?? 0)

  /** Puts the anchor back to where it was; what is seen does not move. */
  function settle(): void {
    const box = viewport.value
    if (!box) return
    const to = scrollFor(anchor, layout.value, (key) => indices.value.get(key), height.value)
    if (to === null) return hold()
    if (Math.abs(box.scrollTop - to) > 0.5) box.scrollTop = to
    scrollTop.value = box.scrollTop
    look()
  }

  /** Takes what stands at the upper edge as the anchor, or the end. */
  function hold(): void {
    const box = viewport.value
    if (!box) return
    scrollTop.value = box.scrollTop
    look()
    if (atEnd.value && follows.value) anchor = 'end'
    else {
      const index = rowAt(layout.value, box.scrollTop)
      const row = rows.value[index]
      if (row) anchor = { key: row.key, y: layout.value.offsets[index]! - box.scrollTop }
    }
  }

  /** What was scrolled since the last event of it belongs to the reader: the anchor goes along, before rows change. */
  function follow(): void {
    const box = viewport.value
    if (!box || anchor === 'end') return
    anchor = { key: anchor.key, y: anchor.y - (box.scrollTop - scrollTop.value) }
    scrollTop.value = box.scrollTop
  }

  function look(): void {
    atEnd.value = layout.value.total - scrollTop.value - height.value < END_PX
  }

  const sizes = new ResizeObserver((changes) => {
    let changed = false
    for (const { target } of changes) {
      if (target === viewport.value) {
        height.value = target.clientHeight
        changed = true
        continue
      }
      const key = (target as HTMLElement).dataset.key
      const size = (target as HTMLElement).offsetHeight
      if (!key || size === 0 || heights.get(key) === size) continue
      heights.set(key, size)
      changed = true
    }
    if (changed) measured.value++
  })

  /** `v-measure` of a row's element, which carries `data-key`. */
  const measure: Directive<HTMLElement> = {
    mounted: (element) => sizes.observe(element),
    beforeUnmount: (element) => sizes.unobserve(element),
  }

  watch(viewport, (box, old) => {
    if (old) sizes.unobserve(old)
    if (!box) return
    height.value = box.clientHeight
    sizes.observe(box)
  }, { flush: 'post', immediate: true })
  watch([layout, height], follow)
  watch([layout, height], settle, { flush: 'post' })
  onScopeDispose(() => sizes.disconnect())

  function onScroll(): void {
    const box = viewport.value
    if (box && Math.abs(box.scrollTop - scrollTop.value) > 0.5) hold()
  }

  /** Shows a row: in the middle, or `y` below the upper edge. */
  async function scrollTo(key: string, y?: number): Promise<void> {
    const index = indices.value.get(key)
    if (index === undefined) return
    const own = heights.get(key) ?? estimate(rows.value[index]!)
    anchor = { key, y: y ?? Math.max(40, (height.value - own) / 2) }
    settle()
    await nextTick()
    settle()
    if (atEnd.value && follows.value) anchor = 'end'
  }

  function scrollToEnd(): void {
    anchor = 'end'
    settle()
  }

  return { visible, before, layout, range, atEnd, scrollTop, height, measure, onScroll, scrollTo, scrollToEnd }
}

export type VirtualList = ReturnType<typeof useVirtualList>
