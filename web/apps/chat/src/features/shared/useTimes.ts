import { computed } from 'vue'
import { useI18n } from '@/i18n'

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3600], ['minute', 60]]

/** Times in the words of the language that is spoken. */
export function useTimes() {
  const { locale } = useI18n()
  const relative = computed(() => new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }))
  const date = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }))

  const time = computed(() => new Intl.DateTimeFormat(locale.value, { timeStyle: 'short' }))
  const day = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium' }))

  return {
    /** "3 hours ago"; a date when it is more than a week. */
    ago(ms: number, now = Date.now()): string {
      const seconds = Math.max(0, (now - ms) / 1000)
      if (seconds > 7 * 86_400) return date.value.format(ms)
      const [unit, size] = STEPS.find(([, step]) => seconds >= step) ?? ['second', 1]
      return unit === 'second' ? relative.value.format(0, 'second') : relative.value.format(-Math.floor(seconds / size), unit)
    },
    when: (ms: number) => date.value.format(ms),
    /** The time of today, else the day. */
    brief(ms: number, now = Date.now()): string {
      const today = new Date(ms).toDateString() === new Date(now).toDateString()
      return (today ? time : day).value.format(ms)
    },
  }
}
