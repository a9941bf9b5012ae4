type Child = Node | string | null | undefined | false

/** An element: `el('code.path', 'text')`, with classes after dots and attributes in an object. */
export function el(name: string, ...rest: (Child | Record<string, string>)[]): HTMLElement {
  const [tag = 'div', ...classes] = name.split('.')
  const element = document.createElement(tag)
  element.classList.add(...classes)
  for (const one of rest) {
    if (one === null || one === undefined || one === false) continue
    if (typeof one === 'string' || one instanceof Node) element.append(one)
    else for (const [key, value] of Object.entries(one)) element.setAttribute(key, value)
  }
  return element
}

/** Text in which `code` stands between backquotes and paragraphs between blank lines. */
export function prose(text: string | undefined): HTMLElement[] {
  if (!text) return []
  return text.split(/\n\s*\n/).map((paragraph) => {
    const parts = paragraph.split(/`([^`]+)`/)
    return el('p', ...parts.map((part, i) => (i % 2 === 1 ? el('code', part) : part)))
  })
}

/** A block of code with a button that copies it. */
export function block(text: string): HTMLElement {
  const button = el('button.copy', 'Copy', { type: 'button' })
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text)
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Select and copy'
    }
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 1500)
  })
  return el('div.block', el('pre', el('code', text), { tabindex: '0' }), button)
}
