// What a script sees: types only, so nothing has to be installed to write one. A new repository gets this file as `edgeyard.d.ts`.
// Below an example stands what it answers: `// GET /path → 200 body` for a request, `// ws /path: sent → received` for a socket.

export type Awaitable<T> = T | Promise<T>
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** `set $name value;` of the conf, by name. A value with variables, such as `set $shard "$arg_s";`, is that of this request. */
export type Environment = Readonly<Record<string, string>>

/** A request: the web-standard shape, built when asked for; `header()` costs no Headers object. Valid after an `await`. */
export interface EdgeRequest {
  readonly method: string
  /** The whole address as the client asked for it, e.g. `http://127.0.0.1:8000/users?page=2`. */
  readonly url: string
  readonly headers: Headers
  /** `ctx.signal`. */
  readonly signal: AbortSignal
  /**
   * `$uri`: without the query, normalised (no `//`, no `..`, percent-decoded once where that is safe), as `rewrite` and `ctx.exec` have
   * left it.
   */
  readonly path: string
  /**
   * What the pattern of the location captured: named groups by name, all by number.
   * @example
   * ```ts
   * // location ~ ^/users/(?<id>\d+)$ { script src/main.ts; }
   * export default {
   *   fetch: (req) => ({ body: `user ${req.params.id}` }),
   * } satisfies HttpScript
   * // GET /users/7 → 200 user 7
   * ```
   */
  readonly params: Readonly<Record<string, string>>
  /** `$args`, parsed. */
  readonly query: URLSearchParams
  /** The client's address, e.g. `127.0.0.1`; behind a proxy what `real_ip` found. */
  readonly ip: string
  /** One header by its name; repeated headers are joined with `, `. */
  header(name: string): string | undefined
  /** One cookie, decoded. */
  cookie(name: string): string | undefined
  /**
   * The body piece by piece, no faster than it is read; null when there is none. It is at most `client_max_body_size` long; a longer
   * one is answered with 413. Once it is read this way, the methods below reject.
   * @example
   * ```ts
   * export default {
   *   async fetch(req) {
   *     let bytes = 0
   *     for await (const piece of req.body ?? []) bytes += piece.length
   *     return { body: `${bytes} bytes` }
   *   },
   * } satisfies HttpScript
   * // POST / abc → 200 3 bytes
   * ```
   */
  readonly body: ReadableStream<Uint8Array> | null
  /** The whole body. May be called again, as may the others: it is read once. */
  arrayBuffer(): Promise<ArrayBuffer>
  text(): Promise<string>
  /** Rejects with a SyntaxError when the body is not JSON. */
  json(): Promise<unknown>
  /**
   * Of `application/x-www-form-urlencoded` and `multipart/form-data`, where a file is a `File`. Rejects with a TypeError when the body is
   * neither, is not well-formed, or has more than 1000 parts.
   * @example
   * ```ts
   * export default {
   *   async fetch(req) {
   *     const form = await req.formData()
   *     return { body: `hello ${form.get('name')}` }
   *   },
   * } satisfies HttpScript
   * // POST / name=ada → 200 hello ada
   * ```
   */
  formData(): Promise<FormData>
}

/**
 * What a request is answered with. Default status 200. A string without a content type is sent as `text/plain; charset=utf-8`. A stream
 * or an async generator is sent as it comes, no faster than the client reads; when the client has gone it is cancelled.
 * @example
 * ```ts
 * async function* prices() {
 *   for (const price of [1, 2]) yield `data: ${price}\n\n`
 * }
 * export default {
 *   fetch: () => ({ headers: { 'content-type': 'text/event-stream' }, body: prices() }),
 * } satisfies HttpScript
 * // GET / → 200 data: 1\n\ndata: 2\n\n
 * ```
 */
export type Reply =
  | Response
  | {
      status?: number
      headers?: Record<string, string | string[]> | Headers
      body?: string | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<string | Uint8Array>
    }

/** One per request; one per socket, from `upgrade` to `close`. The `ngx.*` of a script. Its parts may be taken out: `({ log, publish })`. */
export interface Context<Env = Environment> {
  /** nginx's `$request_id`: 32 hex digits, on every record and in the `x-request-id` header. */
  readonly id: string
  readonly env: Env
  /**
   * `ngx.ctx`: passed from hook to hook.
   * @example
   * ```ts
   * export default {
   *   access(req, ctx) {
   *     ctx.state.set('user', req.header('x-user') ?? 'nobody')
   *   },
   *   fetch: (req, ctx) => ({ body: `${ctx.state.get('user')}` }),
   * } satisfies HttpScript
   * // GET / → 200 nobody
   * ```
   */
  readonly state: Map<string, unknown>
  /** Aborts when the client has gone (`ngx.on_abort`), `script_timeout` has passed, or the server cannot wait any longer. */
  readonly signal: AbortSignal
  readonly log: Log
  /** The developer's own Redis: `redis main` of the conf. Connected on first use. */
  readonly redis: Redis
  /** The shared MySQL: `mysql main` of the conf. Connected on first use. */
  readonly mysql: Mysql
  /**
   * The global `fetch`: connections are kept and used again. Aborted by `signal`; `x-request-id` and `traceparent` go along. Rejects
   * when 1000 replies are waited for already.
   * @example
   * ```ts
   * export default {
   *   async fetch(req, ctx) {
   *     const reply = await ctx.fetch('data:text/plain,hello')
   *     return { body: await reply.text() }
   *   },
   * } satisfies HttpScript
   * // GET / → 200 hello
   * ```
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>
  /**
   * `ngx.location.capture`: asks another location of this server without a network, also an `internal` one. It has this request's id,
   * and nothing else of it: headers and body are those of `init`. As in nginx its limits, `allow`, `deny` and `access` are not asked
   * again, and nothing of it is in the access log. Rejects beyond 50 calls inside each other.
   * @example
   * ```ts
   * export default {
   *   async fetch(req, ctx) {
   *     if (req.path === '/price') return { body: '5' }
   *     const reply = await ctx.call('/price')
   *     return { body: `it costs ${await reply.text()}` }
   *   },
   * } satisfies HttpScript
   * // GET / → 200 it costs 5
   * ```
   */
  call(path: string, init?: RequestInit): Promise<Response>
  /**
   * `ngx.exec`: to be returned; another location answers instead, also an `internal` or named one (`@fallback`). It sees the same
   * request with the new path (a named one with the path as it was), and its body even when it was read already.
   * @example
   * ```ts
   * export default {
   *   fetch: (req, ctx) => (req.path === '/new' ? { body: `new ${req.query.get('id')}` } : ctx.exec('/new?id=3')),
   * } satisfies HttpScript
   * // GET /old → 200 new 3
   * ```
   */
  exec(path: string): Reply
  /**
   * `ngx.redirect`: to be returned. Default status 302.
   * @example
   * ```ts
   * export default {
   *   fetch: (req, ctx) => ctx.redirect('/elsewhere', 301),
   * } satisfies HttpScript
   * // GET / → 301
   * ```
   */
  redirect(url: string, status?: 301 | 302 | 303 | 307 | 308): Reply
  /**
   * A `set-cookie` header. By default for the whole site, until the browser closes, and out of reach for its scripts:
   * `Path=/; HttpOnly; SameSite=Lax`. Throws a TypeError for what cannot be in one.
   * @example
   * ```ts
   * export default {
   *   fetch: (req, ctx) => ({
   *     headers: { 'set-cookie': ctx.cookie('seen', 'yes', { maxAge: 3600 }) },
   *     body: req.cookie('seen') ?? 'no',
   *   }),
   * } satisfies HttpScript
   * // GET / → 200 no
   * ```
   */
  cookie(name: string, value: string, options?: CookieOptions): string
  /**
   * `ngx.timer.at(0)`: work that outlives the request; awaited when the server stops, inside `worker_shutdown_timeout`.
   * @example
   * ```ts
   * export default {
   *   fetch(req, ctx) {
   *     ctx.after(async () => ctx.log.info('after the reply'))
   *     return { body: 'at once' }
   *   },
   * } satisfies HttpScript
   * // GET / → 200 at once
   * ```
   */
  after(job: Promise<unknown> | (() => Awaitable<unknown>)): void
  /**
   * `ngx.shared.NAME`: `dict NAME SIZE;` of the conf. Throws when the conf has none of that name.
   * @example
   * ```ts
   * // dict hits 1m;
   * export default {
   *   fetch: (req, ctx) => ({ body: `${ctx.dict('hits').incr(req.path)}` }),
   * } satisfies HttpScript
   * // GET / → 200 1
   * // GET / → 200 2
   * ```
   */
  dict(name: string): Dict
  /**
   * `resty.lock`: runs `fn` while nobody else of this server, whatever worker, holds `key`. Held for `ttl` ms at most (default 30 s),
   * after which others get it although `fn` goes on; rejects with the code LOCK_TIMEOUT when it was not free within `wait` ms (default
   * 5 s).
   * @example
   * ```ts
   * export default {
   *   async fetch(req, ctx) {
   *     const price = await ctx.lock('price', () => 5)
   *     return { body: `${price}` }
   *   },
   * } satisfies HttpScript
   * // GET / → 200 5
   * ```
   */
  lock<T>(key: string, fn: () => Awaitable<T>, options?: { ttl?: number; wait?: number }): Promise<T>
  /**
   * `resty.limit.req`: one more of `key` in a `limit_req_zone` of the conf. `ok` says whether it is within rate and `burst`; `delay` how
   * long it would have to wait for the rate to be kept. Throws when the conf has none of that name.
   * @example
   * ```ts
   * // limit_req_zone $binary_remote_addr zone=chat:1m rate=1r/s;
   * export default {
   *   message(ws, data, ctx) {
   *     ws.send(ctx.limit('chat', ws.id).ok ? data : 'slow down')
   *   },
   * } satisfies SocketScript<undefined>
   * // ws /: hi → hi
   * ```
   */
  limit(zone: string, key: string, options?: { burst?: number }): Limited
  /**
   * To every socket of this server that joined the topic, whatever worker it is on. Throws for what is neither text nor bytes.
   * @example
   * ```ts
   * export default {
   *   open: (ws) => ws.join('room'),
   *   message: (ws, data, ctx) => ctx.publish('room', data),
   * } satisfies SocketScript<undefined>
   * // ws /: hi → hi
   * ```
   */
  publish(topic: string, data: string | Uint8Array): void
  /** The open sockets of this script on this worker. */
  sockets(): Iterable<Socket<unknown>>
}

export interface CookieOptions {
  /** Seconds from now; 0 deletes it. */
  maxAge?: number
  expires?: Date
  domain?: string
  path?: string
  secure?: boolean
  httpOnly?: boolean
  sameSite?: 'strict' | 'lax' | 'none'
}

/** What `ctx.limit` says. */
export interface Limited {
  readonly ok: boolean
  /** Milliseconds. */
  readonly delay: number
  /** Requests beyond the rate. */
  readonly excess: number
}

/** Structured, never blocks, never throws. `fields` must be JSON, or an Error. An Error is logged with its stack, in TypeScript lines. Long texts are cut. */
export interface Log {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  notice(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string | Error, fields?: object): void
}

/**
 * Bounded memory that all workers of a server share. It outlives a reload, not the server. What was used longest ago makes room. A key
 * has 1 to 1024 bytes, a ttl is more than 0; for others, and for what is no JSON, a TypeError is thrown.
 */
export interface Dict {
  get<T extends Json>(key: string): T | undefined
  /** `ttlMs`: it is gone after that; default: it stays. False when it is too large to fit. */
  set(key: string, value: Json, ttlMs?: number): boolean
  /** Sets what is not there. False when it is. */
  add(key: string, value: Json, ttlMs?: number): boolean
  /** Sets what is there. False when it is not. */
  replace(key: string, value: Json, ttlMs?: number): boolean
  /** Adds to a number, and returns it. What is not there begins with `init` (default 0) and gets the ttl. Throws a TypeError when it is no number. */
  incr(key: string, by?: number, init?: number, ttlMs?: number): number
  delete(key: string): void
  /** Milliseconds that are left; Infinity for what stays; undefined for what is not there. */
  ttl(key: string): number | undefined
  /** Gives it a new ttl. False when it is not there. */
  expire(key: string, ttlMs: number): boolean
  /** Default 1024 of them at most. */
  keys(max?: number): string[]
  /** Forgets all. */
  flush(): void
  /** Bytes, as the conf says. */
  readonly capacity: number
}

export interface Redis {
  /** One command, e.g. `call('SET', 'key', 'value', 'EX', 60)`; not one that blocks or changes the shared connection. Replies are text (UTF-8), numbers, null, and lists of them. Rejects with the code STORE_UNAVAILABLE when Redis is away. */
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

/** One WebSocket. It lives across hooks and code changes: keep a player's state in `data`, not in module variables. */
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
  /** 0 to `worker_processes` - 1. */
  readonly id: number
  readonly pid: number
  readonly exiting: boolean
  readonly env: Env
  readonly ctx: Context<Env>
  /**
   * `ngx.timer.every`: every `ms` milliseconds from the moment the server listens until it drains; never two at once. On
   * worker 0 alone, so that N workers do a thing once; `{ only: 'each' }`: on each of them. Throws when `ms` is less than 1, or more
   * than some 24 days (2147483647).
   */
  every(ms: number, fn: (ctx: Context<Env>) => Awaitable<void>, options?: { only?: 'worker0' | 'each' }): void
  /** Of this script on this worker. */
  sockets(): Iterable<Socket<unknown>>
}

interface Hooks<Env> {
  /**
   * `init_worker_by_lua`. Runs once, before the server listens; when it rejects, the release is refused. `env` is that of the first
   * location with this script.
   * @example
   * ```ts
   * let prices: string[] = []
   * export default {
   *   async start(worker) {
   *     prices = ['1', '2']
   *     worker.every(60_000, (ctx) => ctx.log.info('a minute has passed'))
   *   },
   *   fetch: () => ({ body: prices.join(' ') }),
   * } satisfies HttpScript
   * // GET / → 200 1 2
   * ```
   */
  start?(worker: Worker<Env>): Awaitable<void>
  /** `exit_worker_by_lua`. Awaited inside `worker_shutdown_timeout`. */
  stop?(worker: Worker<Env>, why: 'reload' | 'quit'): Awaitable<void>
  /**
   * Called for what another hook threw, after it was logged. A Reply replaces the 500 of a request; a socket closes with 1011 anyway.
   * @example
   * ```ts
   * export default {
   *   fetch() {
   *     throw new RangeError('no such price')
   *   },
   *   error: (error) => ({ status: 400, body: error.message }),
   * } satisfies HttpScript
   * // GET / → 400 no such price
   * ```
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement is of type void.
  error?(error: Error, ctx: Context<Env>): Awaitable<Reply | void>
}

/**
 * `script src/main.ts;`
 * @example
 * ```ts
 * import type { HttpScript } from 'edgeyard'
 *
 * export default {
 *   access(req) {
 *     if (req.header('x-key') === 'wrong') return { status: 403, body: 'no' }
 *   },
 *   fetch: (req) => ({ body: `hello ${req.query.get('name')}` }),
 *   headers(res) {
 *     res.headers.set('cache-control', 'no-store')
 *   },
 *   log(done, ctx) {
 *     ctx.log.info('answered', done)
 *   },
 * } satisfies HttpScript
 * // GET /?name=ada → 200 hello ada
 * ```
 */
export interface HttpScript<Env = Environment> extends Hooks<Env> {
  /**
   * `access_by_lua`. A Reply ends the request (`ngx.exit`). What the conf refuses before (`deny`, `limit_req`, `client_max_body_size`)
   * comes to no hook of the script.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement is of type void.
  access?(req: EdgeRequest, ctx: Context<Env>): Awaitable<Reply | void>
  /** `content_by_lua`. Of a socket script: what a plain request gets; without it 426. */
  fetch(req: EdgeRequest, ctx: Context<Env>): Awaitable<Reply>
  /** `header_filter_by_lua`. Change the headers in place, also those that are ours; the status is for reading. The reply waits for it. */
  headers?(res: { status: number; headers: Headers }, ctx: Context<Env>): Awaitable<void>
  /** `log_by_lua`. After the last byte, or after the client has gone (`aborted`); status 499 when it went before there was a reply. */
  log?(done: { status: number; bytes: number; ms: number; aborted: boolean }, ctx: Context<Env>): Awaitable<void>
}

/**
 * A script for WebSockets; the hooks of HttpScript are for plain requests.
 * @example
 * ```ts
 * import type { SocketScript } from 'edgeyard'
 *
 * export default {
 *   upgrade(req) {
 *     const name = req.query.get('name')
 *     return name === null ? { status: 401, body: 'who are you?' } : { data: { name } }
 *   },
 *   open(ws) {
 *     ws.join('room')
 *   },
 *   message(ws, data, ctx) {
 *     ctx.publish('room', `${ws.data.name}: ${data}`)
 *   },
 *   close(ws, code, reason, ctx) {
 *     ctx.publish('room', `${ws.data.name} has gone`)
 *   },
 * } satisfies SocketScript<{ name: string }>
 * // ws /?name=ada: hi → ada: hi
 * ```
 */
export interface SocketScript<Data, Env = Environment> extends Hooks<Env>, Partial<HttpScript<Env>> {
  /** A socket's access phase: the data of the new socket, or a Reply that refuses it. `protocol` counts when the client offered it. */
  upgrade?(req: EdgeRequest, ctx: Context<Env>): Awaitable<{ data: Data; protocol?: string; id?: string } | Reply>
  open?(ws: Socket<Data>, ctx: Context<Env>): Awaitable<void>
  /** One at a time per socket, in order; a client that is far ahead is closed with 1008. Text arrives as a string, binary as bytes. */
  message(ws: Socket<Data>, data: string | Uint8Array, ctx: Context<Env>): Awaitable<void>
  /** The client has read what was queued. Comes at once, also while a message is being handled. */
  drain?(ws: Socket<Data>, ctx: Context<Env>): void
  close?(ws: Socket<Data>, code: number, reason: string, ctx: Context<Env>): Awaitable<void>
}
