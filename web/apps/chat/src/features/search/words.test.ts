import type { Entry, MessageBody } from '@hongyan/sdk'
import { describe, expect, it } from 'vitest'
import { wordsOf } from './words'

const entry = (body?: MessageBody): Entry => ({ id: 1, conversation: 1, seq: 1, created_ms: 0, changed_seq: 0, kind: 'message', body })

describe('wordsOf', () => {
  it.each([
    [{ type: 'text', text: 'hi' }, 'hi'],
    [{ type: 'file', url: '/f', name: 'plan.pdf' }, 'plan.pdf'],
    [{ type: 'audio', url: '/a' }, ''],
    [undefined, ''],
  ] as [MessageBody | undefined, string][])('%j', (body, expected) => expect(wordsOf(entry(body))).toBe(expected))
  it('a notice has none', () => {
    expect(wordsOf({ id: 1, conversation: 1, seq: 1, created_ms: 0, changed_seq: 0, kind: 'gone' })).toBe('')
  })
})
