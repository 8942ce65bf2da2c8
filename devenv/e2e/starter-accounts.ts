// The httpserver starter with stores of its own, for tests that need users.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { startStarter } from './starter-server.ts'
import { startTestMariadb, startTestRedis } from './starter-stores.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into.
export type Answer = any

export interface Accounts {
  /** E.g. `http://127.0.0.1:40123`. */
  readonly url: string
  /** The Unix socket of its Redis. */
  readonly redis: string
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Posted>
  /** Registers and logs in: what the login answered, the password, and the header of the session. */
  makeUser(name: string): Promise<Answer>
  stop(): Promise<void>
}

interface Posted {
  readonly status: number
  readonly headers: Headers
  readonly body: Answer
}

export async function startAccounts(folder: string): Promise<Accounts> {
  const stores = await Promise.all([startTestRedis(join(folder, 'redis')), startTestMariadb(join(folder, 'mysql'))])
  const [redis, mariadb] = stores
  const server = await startStarter({
    server: 'httpserver',
    edge: `redis main "unix:${redis.socket}"; mysql main "unix:${mariadb.socket}" yard user=root;`,
    locations: 'location / { script src/main.ts; } location /play/ { root public; }',
  })
  const url = `http://127.0.0.1:${server.port}`

  async function post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Posted> {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
  }

  return {
    url,
    redis: redis.socket,
    post,
    async makeUser(name) {
      const password = `secret of ${name}`
      const registered = await post('/users', { name, password })
      assert.equal(registered.status, 201, JSON.stringify(registered.body))
      const { body } = await post('/login', { name, password })
      return { ...body, password, bearer: { authorization: `Bearer ${body.session}` } }
    },
    async stop() {
      await server.stop()
      await Promise.all(stores.map((store) => store.stop()))
    },
  }
}
