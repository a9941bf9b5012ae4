import { shallowRef, type ShallowRef, watch } from 'vue'
import { useClient, useWatch } from '@/app/client'
import { decode, type Drafts, type DraftText, encode, withDraft } from './drafts'

const drafts: ShallowRef<Drafts> = shallowRef(new Map())
/** Whose drafts these are. */
let owner = 0

const keyOf = (account: number) => `hongyan.drafts.${account}`

addEventListener('storage', (event) => {
  if (event.key === keyOf(owner)) drafts.value = decode(event.newValue)
})

/** What is half written, kept in this browser for each account; tabs share it. */
export function useDrafts() {
  const me = useWatch(useClient().me)
  watch(me, (now) => now && load(now.id), { immediate: true })

  function keep(conversation: number, draft: DraftText | undefined): void {
    drafts.value = withDraft(drafts.value, conversation, draft)
    localStorage.setItem(keyOf(owner), encode(drafts.value))
  }

  return { drafts, keep }
}

function load(account: number): void {
  if (owner === account) return
  owner = account
  drafts.value = decode(localStorage.getItem(keyOf(account)))
}
