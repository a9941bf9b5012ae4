import type { Server } from './server.ts'

/** Somebody who is there already, made over the API; the pages come in where they are what is tested. */
export interface Account {
  id: number
  username: string
  token: string
}

// What the server answers is looked at here and nowhere else; the SDK has its types.
type Json = ReturnType<typeof JSON.parse>

export const PASSWORD = 'correct horse'

/** A call of the native API; throws when it is refused. */
export async function call(server: Server, method: string, path: string, token?: string, body?: unknown): Promise<Json> {
  const answer = await fetch(`${server.url}/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: body === undefined ? null : JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}

export async function register(server: Server, username: string, nickname = username): Promise<Account> {
  const signed = await call(server, 'POST', '/accounts', undefined, { username, password: PASSWORD, nickname })
  return { id: signed.account.id, username, token: signed.access_token }
}

/** Makes the two friends; answers the conversation of the two. */
export async function befriend(server: Server, one: Account, other: Account): Promise<number> {
  await call(server, 'PATCH', '/me/privacy', other.token, { approve_friends: false })
  await call(server, 'POST', '/contacts/requests', one.token, { account: other.id })
  return (await call(server, 'POST', '/conversations', one.token, { account: other.id })).id
}

export async function makeGroup(server: Server, owner: Account, name: string, members: Account[]): Promise<number> {
  const group = await call(server, 'POST', '/groups', owner.token, { name, members: members.map(({ id }) => id) })
  return group.id
}

export async function say(server: Server, who: Account, conversation: number, text: string): Promise<void> {
  await call(server, 'POST', `/conversations/${conversation}/messages`, who.token, { body: { type: 'text', text } })
}

export async function rename(server: Server, who: Account, changes: object): Promise<void> {
  await call(server, 'PATCH', '/me', who.token, changes)
}

/** The texts of a conversation as the server has them, oldest first. */
export async function texts(server: Server, who: Account, conversation: number): Promise<string[]> {
  const page = await call(server, 'GET', `/conversations/${conversation}/entries?limit=200`, who.token)
  return page.items.flatMap((entry: Json) => (entry.kind === 'message' && entry.body?.type === 'text' ? [entry.body.text] : []))
}
