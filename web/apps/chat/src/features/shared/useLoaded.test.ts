import { describe, expect, it } from 'vitest'
import { effectScope, nextTick, shallowRef } from 'vue'
import { optimistic, useLoaded } from './useLoaded'

describe('optimistic', () => {
  it('shows the change at once and keeps the answer', async () => {
    const cell = shallowRef<number | null>(1)
    const done = optimistic(cell, (n) => n + 1, async () => 9)
    expect(cell.value).toBe(2)
    await done
    expect(cell.value).toBe(9)
  })
  it('takes the change back when it is refused', async () => {
    const cell = shallowRef<number | null>(1)
    await expect(optimistic(cell, () => 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(cell.value).toBe(1)
  })
  it('leaves alone what came meanwhile', async () => {
    const cell = shallowRef<number | null>(1)
    const done = optimistic(cell, () => 2, () => Promise.reject(new Error('no')))
    cell.value = 7
    await expect(done).rejects.toThrow()
    expect(cell.value).toBe(7)
  })
})

describe('useLoaded', () => {
  it('drops the answer for a subject that changed', async () => {
    const answers = new Map<number, (text: string) => void>()
    const subject = shallowRef(1)
    const scope = effectScope()
    const loaded = scope.run(() => useLoaded(subject, (n) => new Promise<string>((done) => answers.set(n, done))))
    subject.value = 2
    await nextTick()
    answers.get(2)?.('two')
    answers.get(1)?.('one')
    await new Promise((done) => setTimeout(done))
    expect([loaded?.data.value, loaded?.loading.value]).toEqual(['two', false])
    scope.stop()
  })
  it('tells why nothing came', async () => {
    const scope = effectScope()
    const loaded = scope.run(() => useLoaded(() => 1, () => Promise.reject(new Error('no'))))
    await new Promise((done) => setTimeout(done))
    expect([loaded?.data.value, String(loaded?.problem.value)]).toEqual([null, 'Error: no'])
    scope.stop()
  })
})
