// A server of one's own: the real binary on free ports, with a data directory that goes away with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BINARY = process.env.HONGYAN ?? fileURLToPath(new URL('../../target/debug/hongyan', import.meta.url))
const KEY = '5b1d3f0c9a7e4b62a8f1c4d7e9035b2c'
/** What the push service is set up with. */
export const APP = { id: '1024', key: 'testkey', secret: 'testsecret' }
const READY_MS = 30_000

async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address()
  listener.close()
  await once(listener, 'close')
  return port
}

export class Server {
  static async start() {
    const server = new Server()
    server.data = await mkdtemp(join(tmpdir(), 'hongyan-push-'))
    server.port = await freePort()
    server.triggerPort = await freePort()
    await server.run()
    return server
  }

  get base() {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts the process on the same ports and the same data. */
  async run() {
    const settings = {
      HONGYAN_SERVER__LISTEN: `127.0.0.1:${this.port}`,
      HONGYAN_SERVER__DATA: this.data,
      HONGYAN_LOG__LEVEL: 'error',
      HONGYAN_LIMITS__ENABLED: 'false',
      HONGYAN_POP__API_KEYS: JSON.stringify([KEY]),
      HONGYAN_PUSH__APP_ID: APP.id,
      HONGYAN_PUSH__APP_KEY: APP.key,
      HONGYAN_PUSH__APP_SECRET: APP.secret,
      HONGYAN_PUSH__TRIGGER_LISTEN: `127.0.0.1:${this.triggerPort}`,
    }
    this.process = spawn(BINARY, ['serve'], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const over = once(this.process, 'exit').then(([code]) => {
      throw new Error(`${BINARY} ended with ${code}`)
    })
    over.catch(() => {}) // it ends some day, and then nobody waits for it to be ready
    await Promise.race([this.ready(), over])
  }

  async ready() {
    const until = Date.now() + READY_MS
    for (;;) {
      const answer = await fetch(`${this.base}/readyz`).catch(() => null)
      if (answer?.ok) return
      if (Date.now() > until) throw new Error('the server did not become ready')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Stops the process as an operator does. */
  async halt() {
    const over = once(this.process, 'exit')
    this.process.kill('SIGTERM')
    await over
  }

  async stop() {
    await this.halt()
    await rm(this.data, { recursive: true, force: true })
  }

  /** A pop call; its `data`. */
  async call(path, fields, headers = {}) {
    const answer = await fetch(`${this.base}${path}`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(fields),
    })
    const body = await answer.json()
    if (body.code !== 0) throw new Error(`${path}: ${JSON.stringify(body)}`)
    return body.data
  }

  /** A call of the integration that holds the server key. */
  withKey(path, fields) {
    return this.call(`/api/${path}`, fields, { 'X-Api-Key': KEY })
  }

  /** A new user who is signed in. */
  async person(username) {
    const password = 'secret1'
    await this.withKey('user/add', { username, nickname: username, password })
    const { uid, token } = await this.call('/web/login/check', { username, password })
    const call = (action, fields) => this.call(`/web/${action}`, fields, { token })
    const { setting } = await call('pop/get', {})
    return { uid, token, appkey: setting.appkey, call }
  }
}
