/** What stands in an `application/problem+json` answer. */
export interface ProblemBody {
  type?: string
  code: string
  title: string
  status: number
  field?: string
  detail?: string
  retry_after_s?: number
}

/**
 * Why something was refused. `code` is stable and is what texts are chosen by.
 *
 * Codes of the client itself: `offline` (no answer came), `timeout`, `signed_out` (there is no session),
 * `file_lost` (a file that waited for its upload is gone).
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: string
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** Which part of the input is wrong, such as `body.text`. */
  readonly field?: string
  readonly detail?: string
  /** How long to wait before trying again. */
  readonly retryAfterMs?: number

  constructor(body: ProblemBody) {
    super(body.detail ?? body.title)
    this.code = body.code
    this.status = body.status
    this.field = body.field
    this.detail = body.detail
    this.retryAfterMs = body.retry_after_s === undefined ? undefined : body.retry_after_s * 1000
  }

  /** Whether the same call may succeed later without being changed. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500 || this.retryAfterMs !== undefined
  }

  static offline(detail?: string): Problem {
    return new Problem({ code: 'offline', title: 'offline', status: 0, detail })
  }

  static timeout(): Problem {
    return new Problem({ code: 'timeout', title: 'no answer in time', status: 0 })
  }

  static signedOut(): Problem {
    return new Problem({ code: 'signed_out', title: 'signed out', status: 401 })
  }

  /** The problem that an unknown value stands for. */
  static of(cause: unknown): Problem {
    if (cause instanceof Problem) return cause
    return Problem.offline(cause instanceof Error ? cause.message : String(cause))
  }
}
