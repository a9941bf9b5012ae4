const KEY = 'hongyan.emoji'
/** Three rows of the picker. */
const KEPT = 24

/** What was chosen last, the newest first. */
export function recentEmoji(): string[] {
  return (localStorage.getItem(KEY) ?? '').split(' ').filter(Boolean)
}

export function rememberEmoji(char: string): void {
  const all = [char, ...recentEmoji().filter((one) => one !== char)]
  localStorage.setItem(KEY, all.slice(0, KEPT).join(' '))
}
