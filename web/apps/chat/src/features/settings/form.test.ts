import type { Me } from '@hongyan/sdk'
import { describe, expect, it } from 'vitest'
import { formOf, patchOf, type ProfileForm } from './form'

const me: Me = { id: 1, uuid: 'u', name: 'Ann', avatar: '', role: 'user', username: 'ann', nickname: 'Ann', bio: 'hi', gender: 'unknown', created_ms: 0, merchant: false }

describe('patchOf', () => {
  it.each([
    ['nothing changed', {}, {}],
    ['spaces are no change', { nickname: ' Ann ' }, {}],
    ['a field that is taken away', { bio: '' }, { bio: '' }],
    ['an address gets its scheme', { website: 'a.example' }, { website: 'https://a.example' }],
    ['one that has a scheme stays', { website: 'http://a.example' }, { website: 'http://a.example' }],
    ['an unknown gender is none', { gender: 'female' }, { gender: 'female' }],
  ] as [string, Partial<ProfileForm>, object][])('%s', (_, change, expected) => {
    expect(patchOf(me, { ...formOf(me), ...change })).toEqual(expected)
  })
})
