import { onScopeDispose, shallowRef } from 'vue'

/** Who is heard now: one voice at a time. */
let heard: HTMLAudioElement | undefined

/** Plays one sound; its file is asked for when it is first played. */
export function usePlayer(url: () => string, told: () => number) {
  const playing = shallowRef(false)
  const at = shallowRef(0)
  const length = shallowRef(told())
  let audio: HTMLAudioElement | undefined

  function load(): HTMLAudioElement {
    const element = new Audio(url())
    element.onplay = () => (playing.value = true)
    element.onpause = () => (playing.value = false)
    element.ontimeupdate = () => (at.value = element.currentTime)
    element.onended = () => (at.value = 0)
    element.onloadedmetadata = () => {
      if (Number.isFinite(element.duration)) length.value = element.duration // recordings may not know theirs
    }
    return element
  }

  async function toggle(): Promise<void> {
    audio ??= load()
    if (!audio.paused) return audio.pause()
    if (heard !== audio) heard?.pause()
    heard = audio
    await audio.play().catch(() => (playing.value = false))
  }

  function seek(seconds: number): void {
    audio ??= load()
    audio.currentTime = seconds
    at.value = seconds
  }

  onScopeDispose(() => {
    audio?.pause()
    if (heard === audio) heard = undefined
  })

  return { playing, at, length, toggle, seek }
}
