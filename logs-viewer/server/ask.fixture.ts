// Asks a viewer as a browser or a program does, but sends paths and headers exactly as they are given.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  json<T>(): T
}

export interface Given {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: unknown
}

export async function open(
  port: number,
  path: string,
  { method, headers, body }: Given = {},
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const sent = request({
    ...{ port, host: '127.0.0.1', path, agent: false, method: method ?? (text === undefined ? 'GET' : 'POST') },
    headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  })
  sent.end(text)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

export async function ask(port: number, path: string, given: Given = {}): Promise<Answer> {
  const response = await open(port, path, given)
  let body = ''
  for await (const piece of response.setEncoding('utf8')) body += piece
  return { status: response.statusCode!, headers: response.headers, body, json: () => JSON.parse(body) }
}

/** The headers of whoever has logged in with a token. */
export async function logIn(port: number, token: string): Promise<{ cookie: string }> {
  const answer = await ask(port, '/api/login', { body: { token } })
  assert.equal(answer.status, 200, answer.body)
  return { cookie: answer.headers['set-cookie']![0]!.split(';')[0]! }
}

/** What a stream has sent so far, and until it has ended. */
export function listen(response: IncomingMessage): {
  text(): string
  ended: Promise<void>
  until(pattern: RegExp): Promise<string>
} {
  let text = ''
  response.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  const ended = new Promise<void>((resolve) => {
    response.on('close', () => resolve())
    response.on('error', () => resolve())
  })
  return {
    text: () => text,
    ended,
    async until(pattern) {
      while (!pattern.test(text)) await once(response, 'data')
      return text
    },
  }
}
