import { computed } from 'vue'
import { useI18n } from '@/i18n'
import { dayOf } from './rows'

const DAY_MS = 86_400_000

/** Times as one says them. */
export function useTimes() {
  const { t, locale } = useI18n()
  const formats = computed(() => {
    const of = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale.value, options)
    return {
      time: of({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
      weekday: of({ weekday: 'long' }),
      day: of({ month: 'long', day: 'numeric', weekday: 'long' }),
      date: of({ year: 'numeric', month: 'long', day: 'numeric' }),
      short: of({ month: 'numeric', day: 'numeric' }),
      shortYear: of({ year: '2-digit', month: 'numeric', day: 'numeric' }),
      full: of({ dateStyle: 'full', timeStyle: 'short' }),
    }
  })

  const time = (ms: number): string => formats.value.time.format(ms)

  /** `Today`, `Yesterday`, a weekday, else the date. */
  function day(ms: number, now = Date.now()): string {
    if (dayOf(ms) === dayOf(now)) return t('chat.today')
    if (dayOf(ms) === dayOf(now - DAY_MS)) return t('chat.yesterday')
    if (now > ms && now - ms < 6 * DAY_MS) return formats.value.weekday.format(ms)
    const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear()
    return (sameYear ? formats.value.day : formats.value.date).format(ms)
  }

  /** As short as a list has room for. */
  function brief(ms: number, now = Date.now()): string {
    if (dayOf(ms) === dayOf(now)) return time(ms)
    if (dayOf(ms) === dayOf(now - DAY_MS)) return t('chat.yesterday')
    if (now > ms && now - ms < 6 * DAY_MS) return formats.value.weekday.format(ms)
    const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear()
    return (sameYear ? formats.value.short : formats.value.shortYear).format(ms)
  }

  const full = (ms: number): string => formats.value.full.format(ms)

  return { time, day, brief, full }
}
