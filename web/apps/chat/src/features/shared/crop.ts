/** The square of a picture that becomes an avatar, in the picture's own pixels. */
export interface Square { x: number, y: number, size: number }

/** Where the user looks: `zoom` ≥ 1, the middle as a part (0 … 1) of width and height. */
export interface Look { zoom: number, x: number, y: number }

/** The square that `look` shows, kept inside the picture. */
export function squareOf(width: number, height: number, look: Look): Square {
  const size = Math.min(width, height) / Math.max(1, look.zoom)
  return {
    x: clamp(look.x * width - size / 2, 0, width - size),
    y: clamp(look.y * height - size / 2, 0, height - size),
    size,
  }
}

/** `look` after the picture was dragged by (`dx`, `dy`) of a frame's `side`, in screen pixels. */
export function dragged(width: number, height: number, look: Look, dx: number, dy: number, side: number): Look {
  const square = squareOf(width, height, look)
  const scale = square.size / side
  const moved = squareOf(width, height, {
    ...look,
    x: (square.x + square.size / 2 - dx * scale) / width,
    y: (square.y + square.size / 2 - dy * scale) / height,
  })
  return { zoom: look.zoom, x: (moved.x + moved.size / 2) / width, y: (moved.y + moved.size / 2) / height }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high))
}
