/** A tree of texts; a key names a way through it, with points between the steps. */
export interface Texts { [key: string]: string | Texts }

/** One tree of texts, in which each feature has a branch with the name of its folder. */
export function byFeature(files: Record<string, Texts>): Texts {
  return Object.fromEntries(Object.entries(files).map(([path, texts]) => [path.split('/').at(-2)!, texts]))
}

export function textAt(texts: Texts, key: string): string | undefined {
  let at: string | Texts | undefined = texts
  for (const step of key.split('.')) at = typeof at === 'object' && Object.hasOwn(at, step) ? at[step] : undefined
  return typeof at === 'string' ? at : undefined
}
