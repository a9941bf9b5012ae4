import { problemFrom, type Http } from './http'
import { Problem } from './problem'
import type { MediaBody, Uploaded } from './types'

export interface UploadOptions {
  /** Hears how much has left, 0 … 1. */
  onProgress?(part: number): void
  signal?: AbortSignal
}

/** Uploads by XMLHttpRequest: fetch tells no progress. */
export async function upload(http: Http, file: Blob, options: UploadOptions & { name?: string }): Promise<Uploaded> {
  const url = http.url('/v1/uploads')
  const answer = await http.authorized((token) => post(url, token, file, options))
  if (answer.status === 201) return answer.body as Uploaded
  throw problemFrom(answer.status, answer.body)
}

/** The body that sends an uploaded file. */
export function bodyOf(uploaded: Uploaded): MediaBody {
  const { url, name, size_bytes, width, height, thumb, cover, duration_ms } = uploaded
  switch (uploaded.kind) {
    case 'image':
      return { type: 'image', url, thumb, width, height, size_bytes, name }
    case 'audio':
      return { type: 'audio', url, duration_ms, size_bytes }
    case 'video':
      return { type: 'video', url, cover, width, height, duration_ms, size_bytes }
    case 'file':
      return { type: 'file', url, name, size_bytes }
  }
}

interface Answer { status: number, body: unknown }

function post(url: string, token: string, file: Blob, options: UploadOptions & { name?: string }): Promise<Answer> {
  const { onProgress, signal } = options
  const form = new FormData()
  form.append('file', file, options.name ?? (file instanceof File ? file.name : 'file'))
  const request = new XMLHttpRequest()
  return new Promise<Answer>((done, fail) => {
    const stop = () => request.abort()
    request.open('POST', url)
    request.setRequestHeader('authorization', `Bearer ${token}`)
    request.responseType = 'json'
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total)
    }
    request.onload = () => done({ status: request.status, body: request.response })
    request.onerror = () => fail(Problem.offline())
    request.onabort = () => fail(new DOMException('The upload was ended.', 'AbortError'))
    request.onloadend = () => signal?.removeEventListener('abort', stop)
    if (signal?.aborted) return fail(new DOMException('The upload was ended.', 'AbortError'))
    signal?.addEventListener('abort', stop)
    request.send(form)
  })
}
