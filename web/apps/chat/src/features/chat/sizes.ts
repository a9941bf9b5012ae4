/** A size as one reads it: `1.4 MB`. */
export function sizeText(bytes: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit: units[step], maximumFractionDigits: step > 1 ? 1 : 0 })
  return format.format(bytes / 1000 ** step)
}

/** A length as players show it: `1:05`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** The box of a picture in a conversation: within `most`, not smaller than a finger, with its own shape. */
export function fit(width: number | undefined, height: number | undefined, most: { width: number, height: number }): { width: number, height: number } {
  if (!width || !height) return { width: Math.min(240, most.width), height: 180 }
  const scale = Math.min(1, most.width / width, most.height / height)
  return { width: Math.max(64, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) }
}
