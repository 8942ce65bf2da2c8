// How a request is refused: thrown anywhere, answered in main.ts as `{"error":{"code","message"}}`.
import type { Reply } from 'edgeyard'

export class Refusal extends Error {
  readonly status: number
  /** For programs; the message is for people. */
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    // Answers hold tokens and names: nothing between us and the client may keep them.
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  }
}

export function refusalReply({ status, code, message, headers }: Refusal): Reply {
  return json(status, { error: { code, message } }, headers)
}
