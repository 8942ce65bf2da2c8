// `edgeyard/testing`: a script in a test of its author, in milliseconds: the real runtime without a network, a disk or a store.
//
//   import { serveScript } from 'edgeyard/testing'
//   import script from '../src/main.ts'
//
//   const yard = await serveScript(script, { env: { colour: 'blue' } })
//   const reply = await yard.fetch('/paint')
//   assert.equal(await reply.text(), 'blue')
//   await yard.stop()
import type { Mysql, Redis } from 'edgeyard'

/**
 * Serves a script: its default export, or the file that has it (relative to the working directory; Node has to be able to import it).
 * Runs its `start` hook. Rejects with what that throws, with SCRIPT_INVALID, or with CONF_INVALID.
 * @example
 * ```ts
 * const yard = await serveScript({
 *   upgrade: (req) => ({ data: { name: req.query.get('name') } }),
 *   message(ws, data) {
 *     ws.send(`${ws.data.name} said ${data}`)
 *   },
 * })
 * const ws = await yard.connect('/?name=ada')
 * ws.send('hello')
 * assert.equal(await ws.next(), 'ada said hello')
 * await yard.stop()
 * ```
 */
export declare function serveScript(script: object | string, options?: ServeOptions): Promise<Yard>

export interface ServeOptions {
  /** What stands in the `server` block. Default `location / { script src/main.ts; }`. Every `script` of it is the given one. */
  conf?: string
  /** What stands in the `edge` block, e.g. `dict hits 1m;`. */
  edge?: string
  /** `set $name value;` */
  env?: Readonly<Record<string, string>>
  /** What `ctx.redis` is. Without it every call rejects with STORE_UNAVAILABLE. */
  redis?: Redis
  /** What `ctx.mysql` is. */
  mysql?: Mysql
}

/** A script that is served. */
export interface Yard {
  /** As the global `fetch`, for a path such as `/users?page=2`. A redirect is not followed. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Rejects with an Error that has the `status` and the `body` of a refusal. */
  connect(path: string, options?: { protocols?: string[]; headers?: Record<string, string> }): Promise<YardSocket>
  readonly clock: Clock
  readonly log: YardLog
  /** Closes what is open with 1012, runs the `stop` hook, and waits for the jobs of `ctx.after`. */
  stop(): Promise<void>
}

/** The client's side of a WebSocket. */
export interface YardSocket {
  /** What the script chose of the offered ones; the empty text for none. */
  readonly protocol: string
  send(data: string | Uint8Array): void
  /** The next message that nobody has taken yet. Rejects when the socket closes instead, or when none comes for 5 s. */
  next(): Promise<string | Uint8Array>
  close(code?: number, reason?: string): void
  /** Resolves when either side has closed it. */
  readonly closed: Promise<{ code: number; reason: string }>
}

/** That of `worker.every`, `script_timeout` and the times of a dict: it stands still until it is moved. */
export interface Clock {
  /** Moves it on, and lets everything that is due run, in order. */
  tick(ms: number): Promise<void>
}

export interface LogRecord {
  readonly severity: string
  readonly message: string
  /** `ctx.id` */
  readonly request?: string
  readonly stack?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface YardLog {
  /** What the script and the runtime have logged so far. */
  readonly records: readonly LogRecord[]
  /** The first record, from now or before, whose message matches. Rejects when none comes for 5 s. */
  until(message: RegExp | string): Promise<LogRecord>
}

/** A Redis in memory that knows the common commands of texts, numbers, hashes, sets and lists. Nothing expires. */
export interface FakeRedis extends Redis {
  /** Every command that was sent, in order. */
  readonly calls: readonly (readonly [command: string, ...args: unknown[]])[]
}

/**
 * @example
 * ```ts
 * const redis = fakeRedis()
 * await redis.call('SET', 'greeting', 'hello')
 * const yard = await serveScript(
 *   { fetch: async (req, ctx) => ({ body: await ctx.redis.call('GET', 'greeting') }) },
 *   { redis },
 * )
 * assert.equal(await (await yard.fetch('/')).text(), 'hello')
 * await yard.stop()
 * ```
 */
export declare function fakeRedis(): FakeRedis

export interface FakeMysql extends Mysql {
  /** Every statement that was sent, in order. */
  readonly queries: readonly { readonly sql: string; readonly args: readonly unknown[] }[]
}

/**
 * `answer` gives the rows of a statement, or throws.
 * @example
 * ```ts
 * const mysql = fakeMysql((sql, [id]) => [{ id, name: 'ada' }])
 * const yard = await serveScript(
 *   { fetch: async (req, ctx) => Response.json(await ctx.mysql.query('SELECT * FROM users WHERE id = ?', [7])) },
 *   { mysql },
 * )
 * assert.deepEqual(await (await yard.fetch('/')).json(), [{ id: 7, name: 'ada' }])
 * await yard.stop()
 * ```
 */
export declare function fakeMysql(answer: (sql: string, args: readonly unknown[]) => object[]): FakeMysql
