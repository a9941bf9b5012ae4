import type { LogView } from '@hongyan/sdk'
import { expect, it } from 'vitest'
import { covers } from './unread'

const window = (seqs: number[], atStart: boolean, atEnd: boolean) =>
  ({ entries: seqs.map((seq) => ({ seq })) as unknown as LogView['entries'], atStart, atEnd })

it.each([
  { name: 'in it', view: window([5, 6, 8], false, false), seq: 6, is: true },
  { name: 'a change between two messages', view: window([5, 6, 8], false, false), seq: 7, is: true },
  { name: 'before it', view: window([5, 6], false, true), seq: 4, is: false },
  { name: 'before the first message, with nothing older', view: window([5, 6], true, true), seq: 2, is: true },
  { name: 'behind it', view: window([5, 6], true, false), seq: 7, is: false },
  { name: 'nothing at all', view: window([], false, false), seq: 1, is: false },
])('$name', ({ view, seq, is }) => expect(covers(view, seq)).toBe(is))
