import { IconBell, IconContacts, IconDevice, IconGlobe, IconLock, IconPanel, IconShield, type Icon } from '@hongyan/ui'
import { type Component, defineAsyncComponent } from 'vue'

export interface Section {
  key: 'profile' | 'account' | 'privacy' | 'sessions' | 'notifications' | 'appearance' | 'about'
  icon: Icon
  view: Component
}

/** What can be set, in the order of the list. */
export const SECTIONS: readonly Section[] = [
  { key: 'profile', icon: IconContacts, view: defineAsyncComponent(() => import('./ProfileSection.vue')) },
  { key: 'account', icon: IconLock, view: defineAsyncComponent(() => import('./AccountSection.vue')) },
  { key: 'privacy', icon: IconShield, view: defineAsyncComponent(() => import('./PrivacySection.vue')) },
  { key: 'sessions', icon: IconDevice, view: defineAsyncComponent(() => import('./SessionsSection.vue')) },
  { key: 'notifications', icon: IconBell, view: defineAsyncComponent(() => import('./NotificationsSection.vue')) },
  { key: 'appearance', icon: IconGlobe, view: defineAsyncComponent(() => import('./AppearanceSection.vue')) },
  { key: 'about', icon: IconPanel, view: defineAsyncComponent(() => import('./AboutSection.vue')) },
]

/** The section of that name, else the first. */
export function sectionOf(key: unknown): Section {
  return SECTIONS.find((section) => section.key === key) ?? SECTIONS[0]!
}
