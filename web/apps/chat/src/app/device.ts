import type { Device } from '@hongyan/sdk'

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Mac OS/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux/, 'Linux'],
]

/** A pointer that can rest over things: a mouse, and with it a keyboard. */
export const hasMouse = (): boolean => matchMedia('(hover: hover) and (pointer: fine)').matches

/** What this browser is called in the list of sessions. */
export function deviceOfThisBrowser({ userAgent }: { userAgent: string }): Device {
  const named = (table: [RegExp, string][]) => table.find(([pattern]) => pattern.test(userAgent))?.[1]
  return { name: [named(BROWSERS) ?? 'Browser', named(SYSTEMS)].filter(Boolean).join(', '), platform: 'web' }
}
