import type { AccountId, Person } from '@hongyan/sdk'

/** Somebody who can be mentioned; or all. */
export interface Candidate {
  id: AccountId | 'all'
  name: string
  person?: Person
}

/** Names are not longer; what stands further from an @ is no name. */
const LONGEST = 20

/** What was written of a name behind the @ before the caret; null when one writes something else. */
export function queryAt(text: string, caret: number): string | null {
  const before = text.slice(Math.max(0, caret - LONGEST - 1), caret)
  const match = /(^|[^\w@])@([^\s@]*)$/u.exec(before)
  return match ? match[2]! : null
}

/** Those whose name begins with the query first, then those in which it occurs. */
export function matching(all: readonly Candidate[], query: string): Candidate[] {
  const wanted = query.toLocaleLowerCase()
  const rank = ({ name }: Candidate): number => name.toLocaleLowerCase().indexOf(wanted)
  return all.filter((one) => rank(one) >= 0).sort((a, b) => Math.min(rank(a), 1) - Math.min(rank(b), 1))
}
