import { el, prose } from './dom'
import { matches, routes, type Document, type Route } from './openapi'
import { conventions } from './conventions'
import { operation } from './operation'

const content = byId('content')
const contents = byId('contents')
const filter = byId('filter') as HTMLInputElement

void start()

async function start(): Promise<void> {
  try {
    const answer = await fetch('/v1/openapi.json')
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    show((await answer.json()) as Document)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    content.replaceChildren(el('p.note', { role: 'alert' }, `The document could not be read (${why}). `, el('a', 'Try again', { href: '' })))
  }
}

function show(api: Document): void {
  const all = routes(api)
  const tags = [...new Set(all.map((route) => route.tag))]
  content.replaceChildren(
    el('section.intro', el('h1', `${api.info.title} API `, el('small', api.info.version)), ...prose(api.info.description), conventions(api)),
    ...tags.map((tag) => section(api, tag, all)),
    el('p.note', { id: 'nothing', hidden: '' }, 'No operation has these words.'),
  )
  contents.replaceChildren(...tags.map((tag) => chapter(tag, all)))
  filter.addEventListener('input', () => narrow(all))
  addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== filter) {
      event.preventDefault()
      filter.focus()
    }
  })
  addEventListener('hashchange', follow)
  follow()
}

function section(api: Document, tag: string, all: readonly Route[]): HTMLElement {
  const about = api.tags?.find((one) => one.name === tag)?.description
  const mine = all.filter((route) => route.tag === tag)
  return el('section.tag', { id: `tag-${tag}` }, el('h2', tag), ...prose(about), ...mine.map((route) => operation(api, route)))
}

function chapter(tag: string, all: readonly Route[]): HTMLElement {
  const links = all
    .filter((route) => route.tag === tag)
    .map(({ id, method, path }) =>
      el('li', { 'data-of': id }, el('a', { href: `#${id}` }, el(`span.method.${method}`, method), breakable(path))),
    )
  return el('section', el('a.tag', tag, { href: `#tag-${tag}` }), el('ul', ...links))
}

/** A path that may go on in the next line before each slash. */
function breakable(path: string): HTMLElement {
  const parts = path.replace('/v1', '').split(/(?=\/)/)
  return el('span', ...parts.flatMap((part) => [el('wbr'), part]))
}

function narrow(all: readonly Route[]): void {
  const words = filter.value.trim()
  for (const route of all) {
    const hidden = !matches(route, words)
    for (const shown of [byId(route.id), contents.querySelector<HTMLElement>(`[data-of="${route.id}"]`)]) {
      if (shown) shown.hidden = hidden
    }
  }
  const empty = (part: Element) => [...part.querySelectorAll<HTMLElement>('.operation, li')].every((one) => one.hidden)
  for (const part of document.querySelectorAll<HTMLElement>('section.tag, nav > section')) part.hidden = empty(part)
  byId('nothing').hidden = all.some((route) => matches(route, words))
}

/** Opens the operation that the address names. */
function follow(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target instanceof HTMLDetailsElement) target.open = true
  target?.scrollIntoView()
}

function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`#${id} is missing`)
  return element
}
