import { useClient } from '@/app/client'

/** Uploads a picture; answers its address. */
export function useUpload() {
  const { files } = useClient().api
  return async (picture: File): Promise<string> => (await files.upload(picture, { name: picture.name })).url
}
