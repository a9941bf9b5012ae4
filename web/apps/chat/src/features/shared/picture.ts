import { squareOf, type Look } from './crop'

/** Pixels of a side: sharp on every screen, small on the way. */
const SIDE = 512

/** The picture in a file, turned as its camera was held. Rejects when it is none. */
export function decoded(file: File): Promise<ImageBitmap> {
  return createImageBitmap(file, { imageOrientation: 'from-image' })
}

/** Paints what `look` shows. */
export function draw(canvas: HTMLCanvasElement | OffscreenCanvas, picture: ImageBitmap, look: Look): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null
  const { x, y, size } = squareOf(picture.width, picture.height, look)
  context?.clearRect(0, 0, canvas.width, canvas.height)
  context?.drawImage(picture, x, y, size, size, 0, 0, canvas.width, canvas.height)
}

/** What `look` shows, as a file of its own; it carries nothing of what the camera wrote beside the picture. */
export async function cropped(picture: ImageBitmap, look: Look, name: string): Promise<File> {
  const canvas = new OffscreenCanvas(SIDE, SIDE)
  draw(canvas, picture, look)
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 })
  const type = blob.type // PNG where WebP cannot be written
  return new File([blob], `${name.replace(/\.[^.]*$/, '') || 'picture'}.${type.split('/')[1] ?? 'png'}`, { type })
}
