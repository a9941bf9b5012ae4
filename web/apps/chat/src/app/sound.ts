let context: AudioContext | undefined

/** Two soft notes, a fifth apart. Silent until the page was touched once, as browsers want it. */
export function chime(): void {
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return
  context ??= new AudioContext()
  note(context, 659.25, 0, 0.35)
  note(context, 987.77, 0.11, 0.5)
}

function note(audio: AudioContext, hertz: number, after: number, seconds: number): void {
  const start = audio.currentTime + after
  const tone = audio.createOscillator()
  const loudness = audio.createGain()
  tone.type = 'sine'
  tone.frequency.value = hertz
  loudness.gain.setValueAtTime(0, start)
  loudness.gain.linearRampToValueAtTime(0.09, start + 0.015)
  loudness.gain.exponentialRampToValueAtTime(0.0005, start + seconds)
  tone.connect(loudness).connect(audio.destination)
  tone.start(start)
  tone.stop(start + seconds)
}
