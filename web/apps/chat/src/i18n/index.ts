import { createI18n } from 'vue-i18n'
import { type Language, preferredLanguage } from '@/app/preferences'

export { useI18n } from 'vue-i18n'

/** The texts of each language; only those in use are loaded. */
const texts = {
  zh: () => import('./zh'),
  en: () => import('./en'),
}

export const i18n = createI18n({ legacy: false, locale: 'en', missingWarn: false, fallbackWarn: false })

/** Speaks another language from now on. */
export async function speak(language: Language = preferredLanguage()): Promise<void> {
  const { default: messages } = await texts[language]()
  i18n.global.setLocaleMessage(language, messages)
  i18n.global.locale.value = language
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}
