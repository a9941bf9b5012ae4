import type { Contact } from '@hongyan/sdk'
import { describe, expect, it } from 'vitest'
import { matches, sections, titleOf } from './book'

function contact(id: number, name: string, initial: string, more: Partial<Contact> = {}): Contact {
  return {
    account: { id, uuid: `u${id}`, name, avatar: '', role: 'user' },
    remark: '', starred: false, blocked: false, shows_me: true, shows_them: true, initial, created_ms: 0,
    ...more,
  }
}

const anna = contact(1, 'Anna', 'A', { starred: true })
const bai = contact(2, '白鸽', 'B', { remark: '小白' })
const digits = contact(3, '007', '#')

describe('sections', () => {
  const cases: [string, Contact[], string, [string, number[]][]][] = [
    ['nobody', [], '', []],
    ['letters in order, # last', [digits, bai], '', [['B', [2]], ['#', [3]]]],
    ['starred ones twice', [anna, bai], '', [['★', [1]], ['A', [1]], ['B', [2]]]],
    ['a search finds each once', [anna, bai], 'ann', [['A', [1]]]],
    ['a search finds remarks', [anna, bai], '小', [['B', [2]]]],
    ['spaces are no search', [anna], '  ', [['★', [1]], ['A', [1]]]],
  ]
  it.each(cases)('%s', (_, contacts, query, expected) => {
    expect(sections(contacts, query).map((s) => [s.key, s.contacts.map((c) => c.account.id)])).toEqual(expected)
  })
})

describe('names', () => {
  it('the remark goes before the name', () => expect([titleOf(anna), titleOf(bai)]).toEqual(['Anna', '小白']))
  it('both names are found, in any case', () => {
    expect([matches(bai, '白鸽'), matches(bai, '小白'), matches(anna, 'NN'), matches(anna, 'bob')]).toEqual([true, true, true, false])
  })
})
