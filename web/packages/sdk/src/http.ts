import { Problem, type ProblemBody } from './problem'

/** Who knows the access token, and how to get a new one. */
export interface Tokens {
  access(): string | null
  /** A token other than `stale`, or null when the session is over. Rejects when the server cannot be reached. */
  refresh(stale: string): Promise<string | null>
}

export type Query = Record<string, string | number | boolean | undefined>

export interface Call {
  query?: Query
  /** Sent as JSON. */
  body?: unknown
  /** Without a token: signing in, settings. `either`: with one when there is one. */
  open?: boolean | 'either'
  signal?: AbortSignal
}

export interface HttpOptions {
  base: string
  tokens: Tokens
  fetch?: typeof fetch
  /** How long a call may take in all. */
  timeoutMs?: number
  sleep?: (ms: number) => Promise<void>
}

/** The longest pause that a read waits for by itself when the server says "too often". */
const PATIENCE_MS = 5_000

/** JSON over fetch: bearer tokens that renew themselves, problems as errors. */
export class Http {
  readonly base: string
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.base = options.base
    this.#options = options
  }

  get<T>(path: string, query?: Query, call: Call = {}): Promise<T> {
    return this.call<T>('GET', path, { ...call, query })
  }

  post<T = void>(path: string, body?: unknown, call: Call = {}): Promise<T> {
    return this.call<T>('POST', path, { ...call, body })
  }

  put<T = void>(path: string, body?: unknown): Promise<T> {
    return this.call<T>('PUT', path, { body })
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>('PATCH', path, { body })
  }

  delete(path: string, query?: Query): Promise<void> {
    return this.call<void>('DELETE', path, { query })
  }

  async call<T>(method: string, path: string, call: Call = {}): Promise<T> {
    const answer = await this.#answer(method, path, call)
    if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T
    const problem = await problemOf(answer)
    const pause = problem.retryAfterMs
    if (method !== 'GET' || problem.status !== 429 || pause === undefined || pause > PATIENCE_MS) throw problem
    await (this.#options.sleep ?? sleep)(pause)
    const again = await this.#answer(method, path, call)
    if (!again.ok) throw await problemOf(again)
    return (await again.json()) as T
  }

  /** What is no JSON. */
  async blob(path: string, query?: Query): Promise<Blob> {
    const answer = await this.#answer('GET', path, { query })
    if (!answer.ok) throw await problemOf(answer)
    return answer.blob()
  }

  /** Where `path` is, with its query. */
  url(path: string, query: Query = {}): string {
    const search = new URLSearchParams()
    for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value))
    return this.base + path + (search.size > 0 ? `?${search}` : '')
  }

  /** Runs `attempt` with a token, and once more with a fresh one when the first was refused. */
  async authorized<T extends { status: number }>(attempt: (token: string) => Promise<T>): Promise<T> {
    const { tokens } = this.#options
    const token = tokens.access()
    if (token === null) throw Problem.signedOut()
    const first = await attempt(token)
    if (first.status !== 401) return first
    const fresh = await tokens.refresh(token)
    if (fresh === null) throw Problem.signedOut()
    return attempt(fresh)
  }

  #answer(method: string, path: string, call: Call): Promise<Response> {
    const open = call.open === 'either' ? this.#options.tokens.access() === null : call.open
    if (open) return this.#fetch(method, path, call, null)
    return this.authorized((token) => this.#fetch(method, path, call, token))
  }

  async #fetch(method: string, path: string, call: Call, token: string | null): Promise<Response> {
    const headers = new Headers({ accept: 'application/json' })
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    if (call.body !== undefined) headers.set('content-type', 'application/json')
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    const limit = AbortSignal.timeout(this.#options.timeoutMs ?? 30_000)
    const signal = call.signal ? anyOf(call.signal, limit) : limit
    try {
      const run = this.#options.fetch ?? fetch
      return await run(this.url(path, call.query), { method, headers, body, signal, credentials: 'omit' })
    } catch (cause) {
      if (call.signal?.aborted) throw cause
      throw limit.aborted ? Problem.timeout() : Problem.of(cause)
    }
  }
}

/** The problem in an answer, whoever gave it: a proxy in between speaks no problem+json. */
export async function problemOf(answer: Response): Promise<Problem> {
  const wait = Number(answer.headers.get('retry-after') ?? Number.NaN)
  const retry_after_s = Number.isFinite(wait) ? wait : undefined
  const body: unknown = await answer.json().catch(() => null)
  return problemFrom(answer.status, body, retry_after_s)
}

export function problemFrom(status: number, body: unknown, retry_after_s?: number): Problem {
  if (isProblem(body)) return new Problem({ retry_after_s, ...body, status })
  return new Problem({ code: status >= 500 ? 'internal' : 'malformed', title: `HTTP ${status}`, status, retry_after_s })
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'
}

/** `AbortSignal.any`, which browsers learned later than the rest of what is used here. */
function anyOf(...signals: AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true, signal: controller.signal })
  }
  return controller.signal
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
