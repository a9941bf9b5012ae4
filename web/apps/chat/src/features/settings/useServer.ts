import { useClient, useWatch } from '@/app/client'

/** What the operator decided. */
export function useServer() {
  const client = useClient()
  const server = useWatch(client.settings)
  if (server.value === null) void client.loadSettings().catch(() => undefined)
  return { server, host: location.host }
}
