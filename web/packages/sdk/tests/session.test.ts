import { expect, test, vi } from 'vitest'
import { Api, Http, memoryKeyStore, Session, type KeyStore, type Me, type Signed } from '../src'

const ann = { id: 1, uuid: 'a', name: 'ann', avatar: '', role: 'user', username: 'anna', nickname: 'ann', created_ms: 0, merchant: false } satisfies Me

const signed = (n: number): Signed => ({
  account: ann,
  session: 5,
  access_token: `access${n}`,
  access_expires_ms: 1e15,
  refresh_token: `refresh${n}`,
  refresh_expires_ms: 1e15,
})

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers })
const problem = (status: number, code: string, headers = {}) => json(status, { code, title: code, status }, headers)

/** Two tabs of one browser, and a server that knows one access token. */
function browser() {
  const state = { good: 'access1', refreshes: 0, offline: false, gone: false }
  const keys = memoryKeyStore()
  const asked: string[] = []
  const fetched = vi.fn(async (url: string | URL | Request, init: RequestInit = {}) => {
    if (state.offline) throw new TypeError('failed to fetch')
    const path = String(url).replace('http://here', '')
    asked.push(`${init.method} ${path}`)
    if (path === '/v1/sessions/refresh') {
      if (state.gone) return problem(401, 'bad_token')
      state.refreshes += 1
      state.good = `access${state.refreshes + 1}`
      return json(200, signed(state.refreshes + 1))
    }
    if (path === '/v1/sessions' || path === '/v1/visitors') return json(201, signed(1))
    const token = new Headers(init.headers).get('authorization')
    return token === `Bearer ${state.good}` ? json(200, { ok: true }) : problem(401, 'bad_token')
  })
  // What navigator.locks does: one after the other.
  let turn: Promise<unknown> = Promise.resolve()
  const lock = <T>(_: string, work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }
  const tab = (store: KeyStore = keys) => {
    const session = new Session({ base: 'http://here', keys: store, fetch: fetched, lock })
    return { session, http: new Http({ base: 'http://here', tokens: session, fetch: fetched }) }
  }
  return { state, keys, asked, fetched, tab }
}

test('an old token is renewed once, however many calls need it, in however many tabs', async () => {
  const { state, tab } = browser()
  const one = tab()
  await one.session.signIn({ username: 'anna', password: 'secret' })
  const two = tab()
  state.good = 'another'
  const calls = [one, one, two, two].map(({ http }) => http.get('/v1/me'))
  await expect(Promise.all(calls)).resolves.toHaveLength(4)
  expect(state.refreshes).toBe(1)
  expect([one.session.access(), two.session.access()]).toEqual(['access2', 'access2'])
})

test('without a network nobody is signed out', async () => {
  const { state, tab } = browser()
  const { session, http } = tab()
  await session.signIn({ username: 'anna', password: 'secret' })
  state.offline = true
  await expect(http.get('/v1/me')).rejects.toMatchObject({ code: 'offline', passing: true })
  expect(session.account?.name).toBe('ann')
})

test('a session that is over is forgotten', async () => {
  const { state, keys, tab } = browser()
  const { session, http } = tab()
  await session.signIn({ username: 'anna', password: 'secret' })
  Object.assign(state, { good: 'another', gone: true })
  await expect(http.get('/v1/me')).rejects.toMatchObject({ code: 'signed_out' })
  expect([session.account, keys.get('session')]).toEqual([null, null])
})

test('a session comes back in a new page; one that is damaged does not', async () => {
  const { keys, tab } = browser()
  await tab().session.signIn({ username: 'anna', password: 'secret' })
  expect(tab().session.restore()).toBe(true)
  keys.set('session', '{')
  expect(tab().session.restore()).toBe(false)
})

test('a visitor keeps one secret for this browser', async () => {
  const { keys, fetched, tab } = browser()
  await tab().session.visit()
  await tab().session.visit()
  const secrets = fetched.mock.calls.map(([, init]) => JSON.parse(String(init?.body)).device_secret)
  expect(secrets[0]).toMatch(/^[\w-]{43}$/)
  expect(new Set([...secrets, keys.get('visitor')]).size).toBe(1)
})

test('problems carry code, field and pause; a proxy that speaks none is a problem too', async () => {
  const answers: [Response, object][] = [
    [json(422, { code: 'invalid', title: 'invalid', status: 422, field: 'body.text' }), { code: 'invalid', field: 'body.text' }],
    [problem(429, 'too_often', { 'retry-after': '60' }), { code: 'too_often', retryAfterMs: 60_000 }],
    [new Response('<h1>Bad gateway</h1>', { status: 502 }), { code: 'internal', status: 502, passing: true }],
  ]
  const tokens = { access: () => 'a', refresh: async () => 'b' }
  for (const [answer, expected] of answers) {
    const http = new Http({ base: '', tokens, fetch: async () => answer })
    await expect(http.post('/v1/x', {})).rejects.toMatchObject(expected)
  }
})

test('a read that comes too often waits as long as it is told, when that is short', async () => {
  const answers = [problem(429, 'too_often', { 'retry-after': '2' }), json(200, { items: [] })]
  const slept: number[] = []
  const http = new Http({
    base: '',
    tokens: { access: () => 'a', refresh: async () => 'b' },
    fetch: async () => answers.shift()!,
    sleep: async (ms) => void slept.push(ms),
  })
  await expect(http.get('/v1/x')).resolves.toEqual({ items: [] })
  expect(slept).toEqual([2_000])
})

test('what is open to everybody is asked with a token when there is one', async () => {
  const sent: (string | null)[] = []
  for (const token of [null, 'a']) {
    const http = new Http({
      base: '',
      tokens: { access: () => token, refresh: async () => null },
      fetch: async (_, init) => {
        sent.push(new Headers(init?.headers).get('authorization'))
        return json(200, {})
      },
    })
    await new Api(http).invites.get('x')
    await new Api(http).accounts.settings()
  }
  expect(sent).toEqual([null, null, 'Bearer a', null])
})
