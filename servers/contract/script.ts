// What a script sees: types only, so nothing has to be installed to write one. A new repository gets this file as `edgeyard.d.ts`.
//
//   import type { SocketScript } from 'edgeyard'
//   export default {
//     message(ws, data, ctx) { ctx.publish('room', data) },
//     open(ws) { ws.join('room') },
//   } satisfies SocketScript<undefined>

export type Awaitable<T> = T | Promise<T>
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** What the conf gives a script: `set $name value;`. */
export type Environment = Readonly<Record<string, string>>

/** A request: the web-standard shape, built when asked for; `header()` costs no Headers object. Valid after an `await`. */
export interface EdgeRequest {
  readonly method: string
  /** The whole address, e.g. `http://127.0.0.1:8000/users?page=2`. */
  readonly url: string
  readonly headers: Headers
  /** Aborts when the client has gone, or the server cannot wait any longer. */
  readonly signal: AbortSignal
  /** Without the query, normalised: no `//`, no `..`, percent-decoded once where that is safe. */
  readonly path: string
  readonly query: URLSearchParams
  /** The client's address, e.g. `127.0.0.1`. */
  readonly ip: string
  /** One header by its lower-case name; repeated headers are joined with `, `. */
  header(name: string): string | undefined
  /** The body. It is at most `client_max_body_size` long; a longer one is answered with 413. */
  arrayBuffer(): Promise<ArrayBuffer>
  text(): Promise<string>
  /** Rejects with a SyntaxError when the body is not JSON. */
  json(): Promise<unknown>
}

/** What a request is answered with. Default status 200. A string without a content type is sent as `text/plain; charset=utf-8`. */
export type Reply =
  | Response
  | {
      status?: number
      headers?: Record<string, string | string[]>
      body?: string | Uint8Array | ReadableStream<Uint8Array>
    }

/** One per request; one per socket, from `upgrade` to `close`. The `ngx.*` of a script. Its parts may be taken out: `({ log, publish })`. */
export interface Context<Env = Environment> {
  /** nginx's `$request_id`: 32 hex digits, on every record and in the `x-request-id` header. */
  readonly id: string
  readonly env: Env
  /** `ngx.ctx`: passed from hook to hook. */
  readonly state: Map<string, unknown>
  /** Aborts when the client has gone, or the server cannot wait any longer. */
  readonly signal: AbortSignal
  readonly log: Log
  /** The developer's own Redis: `redis main` of the conf. Connected on first use. */
  readonly redis: Redis
  /** The shared MySQL: `mysql main` of the conf. Connected on first use. */
  readonly mysql: Mysql
  /** The global `fetch`, aborted by `signal`. */
  fetch(url: string, init?: RequestInit): Promise<Response>
  redirect(url: string, status?: 301 | 302 | 303 | 307 | 308): Reply
  /** `ngx.timer.at(0)`: work that outlives the request; awaited when the server stops, inside `worker_shutdown_timeout`. */
  after(job: Promise<unknown> | (() => Awaitable<unknown>)): void
  /** To every socket of this server that joined the topic. */
  publish(topic: string, data: string | Uint8Array): void
  /** The open sockets of this script. */
  sockets(): Iterable<Socket<unknown>>
}

/** Structured, never blocks, never throws. `fields` must be JSON, or an Error. An Error is logged with its stack, in TypeScript lines. Long texts are cut. */
export interface Log {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  notice(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string | Error, fields?: object): void
}

export interface Redis {
  /** One command, e.g. `call('SET', 'key', 'value', 'EX', 60)`; not one that blocks or changes the shared connection. Rejects with the code STORE_UNAVAILABLE when Redis is away. */
  call(command: string, ...args: (string | number | Uint8Array)[]): Promise<unknown>
  /** Several commands in one round trip. Resolves with their results; a command that failed leaves its Error there. */
  pipeline(commands: [string, ...(string | number)[]][]): Promise<unknown[]>
  /** Resolves when subscribed, with the function that unsubscribes. */
  subscribe(channel: string, on: (message: string) => void): Promise<() => Promise<void>>
}

export interface Mysql {
  /** Arguments replace `?`. A statement that returns no rows resolves with `[]`. Rejects with the code STORE_UNAVAILABLE when MySQL is away. */
  query<Row = Record<string, unknown>>(sql: string, args?: unknown[]): Promise<Row[]>
  /** Committed when `fn` resolves, rolled back when it rejects. */
  tx<T>(fn: (connection: Mysql) => Promise<T>): Promise<T>
}

/** One WebSocket. It lives across hooks: keep a player's state in `data`, not in module variables. */
export interface Socket<Data> {
  readonly id: string
  readonly ip: string
  /** What `upgrade` returned; `undefined` without that hook. */
  readonly data: Data
  /** The request it began with. */
  readonly request: EdgeRequest
  /** Bytes that wait for the client to read. */
  readonly buffered: number
  readonly open: boolean
  /** Throws for what is neither text nor bytes, never for what the client does. `queued` waits in memory up to `websocket_max_backpressure`, beyond which it is `dropped`. */
  send(data: string | Uint8Array): 'sent' | 'queued' | 'dropped' | 'closed'
  /** Default code 1000. A code that may not be sent becomes 1011, a reason is cut at 123 bytes. */
  close(code?: number, reason?: string): void
  /** Subscribes to a topic of `ctx.publish`. */
  join(topic: string): void
  leave(topic: string): void
  topics(): string[]
}

export interface Worker<Env = Environment> {
  /** 0: there is one process a sandbox. */
  readonly id: number
  readonly pid: number
  readonly exiting: boolean
  readonly env: Env
  readonly ctx: Context<Env>
  /** Every `ms` milliseconds from the moment the server listens until it drains; never two at once. */
  every(ms: number, fn: (ctx: Context<Env>) => Awaitable<void>): void
  sockets(): Iterable<Socket<unknown>>
}

interface Hooks<Env> {
  /** `init_worker_by_lua`. Runs once, before the server listens; when it rejects, the release is refused. `env` is that of the first location with this script. */
  start?(worker: Worker<Env>): Awaitable<void>
  /** `exit_worker_by_lua`. Awaited inside `worker_shutdown_timeout`. */
  stop?(worker: Worker<Env>, why: 'reload' | 'quit'): Awaitable<void>
  /** Called for what another hook threw, after it was logged. A Reply replaces the 500 of a request; a socket closes with 1011 anyway. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement is of type void.
  error?(error: Error, ctx: Context<Env>): Awaitable<Reply | void>
}

export interface HttpScript<Env = Environment> extends Hooks<Env> {
  /** `access_by_lua`. A Reply ends the request (`ngx.exit`). */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement is of type void.
  access?(req: EdgeRequest, ctx: Context<Env>): Awaitable<Reply | void>
  /**
   * `content_by_lua`. Of a socket script: what a plain request gets; without it 426. As in nginx it has no deadline: give what it
   * waits for one, or `ctx.signal`.
   */
  fetch(req: EdgeRequest, ctx: Context<Env>): Awaitable<Reply>
  /** `header_filter_by_lua`. Change the headers in place; the status is for reading. The reply waits for it. */
  headers?(res: { status: number; headers: Headers }, ctx: Context<Env>): Awaitable<void>
  /** `log_by_lua`. After the last byte, or after the client has gone (`aborted`); status 499 when it went before there was a reply. */
  log?(done: { status: number; bytes: number; ms: number; aborted: boolean }, ctx: Context<Env>): Awaitable<void>
}

export interface SocketScript<Data, Env = Environment> extends Hooks<Env>, Partial<Pick<HttpScript<Env>, 'fetch'>> {
  /** A socket's access phase: the data of the new socket, or a Reply that refuses it. */
  upgrade?(req: EdgeRequest, ctx: Context<Env>): Awaitable<{ data: Data; protocol?: string; id?: string } | Reply>
  open?(ws: Socket<Data>, ctx: Context<Env>): Awaitable<void>
  /** One at a time per socket, in order; a client that is far ahead is closed with 1008. Text arrives as a string, binary as bytes. */
  message(ws: Socket<Data>, data: string | Uint8Array, ctx: Context<Env>): Awaitable<void>
  /** The client has read what was queued. Comes at once, also while a message is being handled. */
  drain?(ws: Socket<Data>, ctx: Context<Env>): void
  close?(ws: Socket<Data>, code: number, reason: string, ctx: Context<Env>): Awaitable<void>
}
