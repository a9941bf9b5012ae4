import { computed } from 'vue'
import { useClient, useWatch } from '@/app/client'

/** The link to the caller's own card. */
export function useMyCode() {
  const me = useWatch(useClient().me)
  return { me, link: computed(() => (me.value ? new URL(`/u/${me.value.uuid}`, location.origin).href : '')) }
}
