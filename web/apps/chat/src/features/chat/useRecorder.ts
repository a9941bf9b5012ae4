import { onScopeDispose, shallowRef } from 'vue'

/** A voice message is a message, not a lecture. */
const LONGEST_MS = 5 * 60_000
/** Shorter was a slip of the finger. */
const SHORTEST_MS = 500
const FORMATS = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']

export interface Voice { file: File, durationMs: number }

/** Records from the microphone until it is finished, or the caller's scope ends. */
export function useRecorder() {
  const elapsedMs = shallowRef(0)
  let stream: MediaStream | undefined
  let recorder: MediaRecorder | undefined
  let started = 0
  let ended = false
  const parts: Blob[] = []
  const tick = setInterval(() => {
    if (recorder?.state !== 'recording') return
    elapsedMs.value = Date.now() - started
    if (elapsedMs.value >= LONGEST_MS) recorder.stop()
  }, 200)

  /** False when there is no microphone, or no leave to use it. */
  async function start(): Promise<boolean> {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } })
      if (ended) release()
      const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format))
      recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32_000 })
    } catch {
      return false
    }
    recorder.ondataavailable = ({ data }) => parts.push(data)
    recorder.start()
    started = Date.now()
    return true
  }

  /** What was recorded; nothing when it was too short. */
  async function finish(): Promise<Voice | undefined> {
    if (!recorder) return undefined
    const durationMs = recorder.state === 'recording' ? Date.now() - started : elapsedMs.value
    if (recorder.state === 'recording') {
      const stopped = new Promise((resolve) => recorder!.addEventListener('stop', resolve, { once: true }))
      recorder.stop()
      await stopped
    }
    release()
    if (durationMs < SHORTEST_MS) return undefined
    const type = recorder.mimeType.split(';')[0]!
    return { file: new File(parts, `voice.${type.split('/')[1]}`, { type }), durationMs }
  }

  function release(): void {
    for (const track of stream?.getTracks() ?? []) track.stop()
  }

  onScopeDispose(() => {
    ended = true
    clearInterval(tick)
    release()
  })

  return { elapsedMs, start, finish }
}
