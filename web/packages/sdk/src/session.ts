import { Http, type Tokens } from './http'
import { tabLock, type Lock } from './lock'
import { Problem } from './problem'
import type { KeyStore } from './storage'
import type { Device, Me, Register, Signed, SignUp } from './types'
import { Cell, type Watchable } from './watchable'

export interface SessionOptions {
  base: string
  keys: KeyStore
  device?: Device
  fetch?: typeof fetch
  lock?: Lock
}

const SESSION = 'session'
const SECRET = 'visitor'

/**
 * Who is signed in: one session, shared by all tabs through the key store.
 *
 * One tab at a time renews the tokens; the others take what it stored. Without `navigator.locks` two may do it at once,
 * which is no harm: the old refresh token stays good for 30 s.
 */
export class Session implements Tokens {
  readonly signed: Watchable<Signed | null>
  readonly #signed: Cell<Signed | null>
  readonly #options: SessionOptions
  readonly #http: Http
  #refreshing: Promise<string | null> | null = null
  readonly #stopWatching: (() => void) | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#http = new Http({ base: options.base, tokens: this, fetch: options.fetch })
    this.#signed = new Cell(this.#stored())
    this.signed = this.#signed
    this.#stopWatching = options.keys.subscribe?.((key) => {
      if (key === SESSION) this.#signed.set(this.#stored())
    })
  }

  get account(): Me | null {
    return this.#signed.value?.account ?? null
  }

  /** Takes up what is stored; says whether that is a session. */
  restore(): boolean {
    this.#signed.set(this.#stored())
    return this.#signed.value !== null
  }

  signUp(form: SignUp): Promise<Me> {
    return this.#enter('/v1/accounts', { device: this.#options.device, ...form })
  }

  signIn(form: { username: string, password: string }): Promise<Me> {
    return this.#enter('/v1/sessions', { device: this.#options.device, ...form })
  }

  /** Signs in as this browser's visitor: the same one each time. */
  visit(nickname?: string): Promise<Me> {
    const { keys, device } = this.#options
    const device_secret = keys.get(SECRET) ?? newSecret()
    keys.set(SECRET, device_secret)
    return this.#enter('/v1/visitors', { device_secret, device, nickname })
  }

  /** The visitor becomes a user. Its secret opens nothing any more and is dropped. */
  async register(form: Register): Promise<Me> {
    const signed = await this.#http.post<Signed>('/v1/visitors/register', form)
    this.#options.keys.remove(SECRET)
    this.#keep(signed)
    return signed.account
  }

  /** Ends the session here at once, and on the server when that can be reached. */
  async signOut(): Promise<void> {
    await this.#http.delete('/v1/sessions/current').catch(() => undefined)
    this.forget()
  }

  /** Drops what is stored, without a word to the server. */
  forget(): void {
    this.#options.keys.remove(SESSION)
    this.#signed.set(null)
  }

  /** The account looks different now. */
  update(account: Me): void {
    const signed = this.#stored()
    if (signed && signed.account.id === account.id) this.#keep({ ...signed, account })
  }

  access(): string | null {
    return this.#signed.value?.access_token ?? null
  }

  /** Whether the token is about to lapse: worth renewing before something long. */
  lapses(nowMs: number): boolean {
    return (this.#signed.value?.access_expires_ms ?? Infinity) < nowMs + 60_000
  }

  refresh(stale: string): Promise<string | null> {
    const lock = this.#options.lock ?? tabLock
    this.#refreshing ??= lock('hongyan.refresh', () => this.#refresh(stale)).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  close(): void {
    this.#stopWatching?.()
  }

  async #refresh(stale: string): Promise<string | null> {
    const old = this.#stored()
    this.#signed.set(old)
    if (!old) return null
    if (old.access_token !== stale) return old.access_token // another tab was faster
    try {
      const { refresh_token } = old
      const signed = await this.#http.post<Signed>('/v1/sessions/refresh', { refresh_token }, { open: true })
      this.#keep(signed)
      return signed.access_token
    } catch (cause) {
      const problem = Problem.of(cause)
      if (problem.passing) throw problem
      return this.#lost(old)
    }
  }

  /** The server refused `old`: over, unless another tab has stored a newer pair meanwhile. */
  #lost(old: Signed): string | null {
    const now = this.#stored()
    if (now && now.refresh_token !== old.refresh_token) {
      this.#signed.set(now)
      return now.access_token
    }
    this.forget()
    return null
  }

  async #enter(path: string, body: unknown): Promise<Me> {
    const signed = await this.#http.post<Signed>(path, body, { open: true })
    this.#keep(signed)
    return signed.account
  }

  #keep(signed: Signed): void {
    this.#options.keys.set(SESSION, JSON.stringify(signed))
    this.#signed.set(signed)
  }

  #stored(): Signed | null {
    const text = this.#options.keys.get(SESSION)
    if (text === null) return null
    const now = this.#signed?.value
    if (now && JSON.stringify(now) === text) return now // the same object tells nobody
    try {
      return JSON.parse(text) as Signed
    } catch {
      return null
    }
  }
}

/** 32 random bytes, url-safe. */
function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** An unguessable id: of a message that is not sent yet. */
export function newClientId(): string {
  return newSecret().slice(0, 22)
}
