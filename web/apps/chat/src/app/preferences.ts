import { ref, type Ref, watch } from 'vue'

export type Language = 'zh' | 'en'
export type Theme = 'system' | 'light' | 'dark'

/** What one chooses for this browser. */
export interface Preferences {
  language: Language | 'system'
  theme: Theme
  /** A sound with a new message. */
  sound: boolean
  /** A notification of the system with a new message. */
  notifications: boolean
  /** Notifications show what was said. */
  preview: boolean
  /** Enter sends; else Ctrl or Command with Enter does. */
  enterSends: boolean
}

const KEY = 'hongyan.preferences'
const DEFAULTS: Preferences = { language: 'system', theme: 'system', sound: true, notifications: false, preview: true, enterSends: true }

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) }
  } catch {
    return DEFAULTS
  }
}

const preferences = ref(read())

watch(preferences, (now) => localStorage.setItem(KEY, JSON.stringify(now)), { deep: true })
watch(() => preferences.value.theme, paint, { immediate: true })
addEventListener('storage', (event) => {
  if (event.key === KEY) preferences.value = read()
})

/** This browser's preferences: change them in place; they are kept, and other tabs follow. */
export function usePreferences(): Ref<Preferences> {
  return preferences
}

/** The language that was chosen, else the browser's. */
export function preferredLanguage(): Language {
  const chosen = preferences.value.language
  if (chosen !== 'system') return chosen
  return navigator.languages.find((tag) => /^(zh|en)\b/.test(tag))?.startsWith('zh') ? 'zh' : 'en'
}

function paint(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}
