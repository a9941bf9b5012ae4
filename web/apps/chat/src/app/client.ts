import type { Client, Watchable } from '@hongyan/sdk'
import { inject, type InjectionKey, onScopeDispose, type ShallowRef, shallowRef } from 'vue'

export const clientKey: InjectionKey<Client> = Symbol('client')

/** The connection to the server; one per page. */
export function useClient(): Client {
  const client = inject(clientKey)
  if (!client) throw new Error('the app provides the client')
  return client
}

/** A watchable as a ref, while the caller's scope lives. */
export function useWatch<T>(watchable: Watchable<T>): Readonly<ShallowRef<T>> {
  const value = shallowRef(watchable.value)
  onScopeDispose(watchable.subscribe((now) => (value.value = now)))
  return value
}
