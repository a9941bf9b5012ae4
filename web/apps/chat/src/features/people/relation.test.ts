import type { Profile } from '@hongyan/sdk'
import { describe, expect, it } from 'vitest'
import { linkOf, standing } from './relation'

function profile(id: number, relation: Partial<Profile['relation']> = {}): Profile {
  return {
    id, uuid: 'u', name: 'n', avatar: '', role: 'user',
    relation: { friend: false, remark: '', starred: false, blocked: false, shows_me: true, shows_them: true, requested: 'none', ...relation },
  }
}

describe('standing', () => {
  it.each([
    ['self', profile(1)],
    ['friend', profile(2, { friend: true, requested: 'received' })],
    ['received', profile(2, { requested: 'received' })],
    ['sent', profile(2, { requested: 'sent' })],
    ['stranger', profile(2)],
  ] as const)('%s', (expected, somebody) => expect(standing(somebody, 1)).toBe(expected))
})

describe('linkOf', () => {
  it.each([
    ['https://a.example/x', 'https://a.example/x'],
    ['a.example', 'https://a.example/'],
    ['a.example:8080/x', 'https://a.example:8080/x'],
    ['javascript:alert(1)', null],
    ['data:text/html,x', null],
    ['  ', null],
    [undefined, null],
  ])('%s → %s', (website, expected) => expect(linkOf(website)).toBe(expected))
})
