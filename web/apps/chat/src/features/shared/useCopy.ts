import { useToasts } from '@hongyan/ui'

export interface CopyTexts { copied: string, failed: string }

/** Puts a text on the clipboard and says so; where the browser refuses, the text is shown instead. */
export function useCopy() {
  const toasts = useToasts()
  return async (text: string, texts: CopyTexts): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      toasts.show(texts.copied)
    } catch {
      toasts.show(texts.failed)
    }
  }
}
