// Questions to the viewer's server. Who is not logged in, or no longer, is noticed here, whatever was asked.
import type { Refusal } from '../../query/wire.ts'

/** Told to the window when an answer is 401: the form for a token comes, and what was shown stays. */
export const LOGIN_NEEDED = 'login-needed'

/** An answer that is none. The message is a sentence for people. */
export class RefusedError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Throws a `RefusedError`; also, with status 0, when the server is away. An aborted question throws an `AbortError`. */
export async function ask<Reply>(path: string, options: AskOptions = {}): Promise<Reply> {
  const response = await askStream(path, options)
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as Reply
}

/** The same, for an answer that is read while it comes. */
export async function askStream(path: string, options: AskOptions = {}): Promise<Response> {
  const { method = 'GET', body, headers, signal } = options
  const response = await fetch(path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error
    throw new RefusedError(0, 'The log viewer does not answer')
  })
  if (response.ok) return response
  if (response.status === 401 && path !== '/api/login') dispatchEvent(new Event(LOGIN_NEEDED))
  const refusal = (await response.json().catch(() => ({}))) as Partial<Refusal>
  throw new RefusedError(response.status, refusal.error ?? `The log viewer answers ${response.status}`)
}

/** Asked again it would be answered the same. */
export function isRefused(error: unknown): boolean {
  return error instanceof RefusedError && error.status >= 400 && error.status < 500 && error.status !== 429
}

/** What is to be said of a question that failed; null when it was given up, or the form for a token comes anyway. */
export function sentenceOf(error: unknown): string | null {
  if (error instanceof RefusedError) return error.status === 401 ? null : error.message
  if (error instanceof DOMException && error.name === 'AbortError') return null
  throw error
}
