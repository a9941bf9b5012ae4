import { useI18n } from '@/i18n'

const UNITS = [[86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']] as const

/** A number of seconds in words: `2 hours`. */
export function usePeriod() {
  const { locale } = useI18n()
  return (seconds: number): string => {
    const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? UNITS[3]
    const format = new Intl.NumberFormat(locale.value, { style: 'unit', unit, unitDisplay: 'long' })
    return format.format(Math.round(seconds / size))
  }
}
