/** Runs `work` while no other tab runs its own of the same name. */
export type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** Among the tabs of a browser; alone where there are no locks (pages without https). */
export const tabLock: Lock = (name, work) => {
  const locks = globalThis.navigator?.locks
  return locks ? locks.request(name, work) as ReturnType<typeof work> : work()
}
