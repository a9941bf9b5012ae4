import { type ShallowRef, shallowRef } from 'vue'

const chosen = shallowRef(0)

/** Changes each time somebody chooses a conversation, also the one that is open. */
export const useChosen = (): Readonly<ShallowRef<number>> => chosen

export function choose(): void {
  chosen.value += 1
}
