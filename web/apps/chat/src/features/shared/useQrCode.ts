import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import { useClient } from '@/app/client'

/** The address of a QR code's picture in this page; empty until it is here. */
export function useQrCode(text: () => string): Readonly<ShallowRef<string>> {
  const { files } = useClient().api
  const address = shallowRef('')
  let alive = true

  function show(next: string): void {
    if (address.value) URL.revokeObjectURL(address.value)
    address.value = next
  }
  watch(text, async (wanted) => {
    show('')
    if (!wanted) return
    const picture = await files.qrcode(wanted).catch(() => null)
    if (picture && alive && wanted === text()) show(URL.createObjectURL(picture))
  }, { immediate: true })
  onScopeDispose(() => {
    alive = false
    show('')
  })
  return address
}
