import assert from 'node:assert/strict'
import type { MysqlConf } from '../contract/conf/conf.ts'
import { isEdgeyardError } from '../contract/errors.ts'
import type { Entry, Logger } from '../log/logger.ts'
import { type MariadbServer, startMariadb } from '../testing/mariadb-server.ts'
import { createStores, type Stores } from './create-stores.ts'

const CALLER = { id: 'r1' }

describe('ctx.mysql', () => {
  let mariadb: MariadbServer
  let stores: Stores
  const open = (change: Partial<MysqlConf> = {}, logger?: Pick<Logger, 'write'>) =>
    createStores(
      {
        redis: [],
        mysql: [
          {
            name: 'main',
            address: { path: mariadb.socket },
            database: 'test',
            user: mariadb.user,
            pool: 4,
            backlog: 1000,
            keepaliveMs: 60_000,
            timeoutMs: 5000,
            slowMs: 0,
            ...change,
          },
        ],
      },
      logger,
    )

  before(async () => {
    mariadb = await startMariadb()
    stores = open()
    await stores
      .mysql(CALLER)
      .query(
        'CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) UNIQUE) ENGINE=InnoDB CHARACTER SET utf8mb4',
      )
  })
  after(async () => {
    await stores.close()
    await mariadb.stop()
  })
  beforeEach(() => stores.mysql(CALLER).query('DELETE FROM users'))

  it('replaces ? by arguments, and resolves with rows, or with none', async () => {
    assert.deepEqual(await stores.mysql(CALLER).query('INSERT INTO users (name) VALUES (?)', ["O'Neil 🎲"]), [])
    assert.deepEqual(
      await stores.mysql(CALLER).query<{ name: string }>('SELECT name FROM users WHERE name = ?', ["O'Neil 🎲"]),
      [{ name: "O'Neil 🎲" }],
    )
    assert.deepEqual(await stores.mysql(CALLER).query('SELECT 1 FROM users WHERE name = ?', ['nobody']), [])
  })

  it('reads a statement again whose columns it knows, and one whose columns have changed', async () => {
    const { query } = stores.mysql(CALLER)
    await query(
      'CREATE TABLE kinds (a INT, b VARCHAR(9), c DECIMAL(5,2), d DATETIME, e JSON, f BLOB) CHARACTER SET utf8mb4',
    )
    await query(
      "INSERT INTO kinds VALUES (1, 'ä', 1.5, '2026-11-20 12:00:00', '[1]', 'xy'), (NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    const read = () => query('SELECT * FROM kinds ORDER BY a DESC')
    const first = await read()
    assert.deepEqual([first[0]!.a, first[0]!.b, first[0]!.c, String(first[0]!.f)], [1, 'ä', '1.50', 'xy'])
    assert.deepEqual(Object.values(first[1]!), [null, null, null, null, null, null])
    for (const again of await Promise.all(Array.from({ length: 20 }, read))) assert.deepEqual(again, first)
    await query('ALTER TABLE kinds MODIFY a BIGINT, DROP f, ADD g INT DEFAULT 7')
    await assert.rejects(query('SELECT nothing FROM kinds'), { code: 'ER_BAD_FIELD_ERROR' })
    const { f: _, ...rest } = first[1]!
    const changed = await read()
    assert.deepEqual(changed[1], { ...rest, g: 7 })
    assert.deepEqual(await read(), changed)
    await query('DROP TABLE kinds')
  })

  it('gives each result of a procedure', async () => {
    const { query } = stores.mysql(CALLER)
    await query('CREATE PROCEDURE two() BEGIN SELECT 1 AS a; SELECT 2 AS b, 3 AS c; END')
    for (let time = 0; time < 2; time++) {
      const results: unknown[] = await query('CALL two()')
      assert.deepEqual(results.slice(0, 2), [[{ a: 1 }], [{ b: 2, c: 3 }]])
    }
  })

  it('does not let an object from outside change a condition', async () => {
    await stores.mysql(CALLER).query('INSERT INTO users (name) VALUES (?)', ['ada'])
    assert.deepEqual(await stores.mysql(CALLER).query('SELECT * FROM users WHERE name = ?', [{ name: 1 }]), [])
  })

  it("rejects with the server's own error, its code, and the caller's stack", async () => {
    await stores.mysql(CALLER).query('INSERT INTO users (name) VALUES (?)', ['ada'])
    async function callerOfMysql() {
      await stores.mysql(CALLER).query('INSERT INTO users (name) VALUES (?)', ['ada'])
    }
    await assert.rejects(callerOfMysql(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ER_DUP_ENTRY')
      assert.match(error.stack!, /callerOfMysql/)
      return true
    })
    await assert.rejects(stores.mysql(CALLER).query('SELEC 1'), { code: 'ER_PARSE_ERROR' })
  })

  it('commits a transaction that resolves, and rolls back one that rejects', async () => {
    const names = async () =>
      (await stores.mysql(CALLER).query<{ name: string }>('SELECT name FROM users')).map(({ name }) => name)
    const result = await stores.mysql(CALLER).tx(async (tx) => {
      await tx.query('INSERT INTO users (name) VALUES (?)', ['in'])
      const [row] = await tx.query<{ id: number }>('SELECT LAST_INSERT_ID() AS id')
      return row!.id > 0
    })
    assert.equal(result, true)
    await assert.rejects(
      stores.mysql(CALLER).tx(async (tx) => {
        await tx.query('INSERT INTO users (name) VALUES (?)', ['out'])
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    assert.deepEqual(await names(), ['in'])
  })

  it('does not let a transaction be used after its end, or hold another', async () => {
    let leaked: { query(sql: string): Promise<unknown> } | undefined
    await stores.mysql(CALLER).tx(async (tx) => {
      leaked = tx
      await assert.rejects(
        tx.tx(async () => {}),
        /inside another/,
      )
    })
    await assert.rejects(leaked!.query('SELECT 1'), /the transaction has ended/)
  })

  it('shares its few connections among many queries', async () => {
    const rows = await Promise.all(
      Array.from({ length: 100 }, (_, n) => stores.mysql(CALLER).query<{ n: number }>('SELECT ? AS n', [n])),
    )
    assert.deepEqual(
      rows.map(([row]) => row!.n),
      Array.from({ length: 100 }, (_, n) => n),
    )
    const [row] = await stores
      .mysql(CALLER)
      .query<{ n: number }>('SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = ?', ['test'])
    assert.ok(row!.n <= 4)
  })

  it('gives up when a query takes too long, or no connection is free, and works on', async () => {
    const slow = open({ pool: 1, timeoutMs: 200 })
    try {
      await assert.rejects(slow.mysql(CALLER).query('SELECT SLEEP(5)'), { code: 'STORE_UNAVAILABLE' })
      assert.deepEqual(await slow.mysql(CALLER).query('SELECT 1 AS one'), [{ one: 1 }])
      await slow.mysql(CALLER).tx(async () => {
        await assert.rejects(slow.mysql(CALLER).query('SELECT 1'), { code: 'STORE_BUSY' })
      })
      assert.deepEqual(await slow.mysql(CALLER).query('SELECT 2 AS two'), [{ two: 2 }])
    } finally {
      await slow.close()
    }
  })

  it('says which MySQL is away, or does not let us in', async () => {
    for (const [change, where] of [
      [{ address: { path: '/nonexistent/mysql.sock' } }, '/nonexistent/mysql.sock: connect ENOENT'],
      [{ user: 'nobody', password: 'wrong' }, 'Access denied'],
      [{ database: 'absent' }, 'absent'],
    ] as const) {
      const away = open(change)
      try {
        await assert.rejects(away.mysql(CALLER).query('SELECT 1'), (error: Error) => {
          assert.ok(isEdgeyardError(error) && error.code === 'STORE_UNAVAILABLE', String(error))
          assert.ok(error.message.includes(where), error.message)
          return true
        })
      } finally {
        await away.close()
      }
    }
  })

  it('is back by itself after MySQL was', async () => {
    await Promise.all([1, 2, 3].map(() => stores.mysql(CALLER).query('SELECT SLEEP(0.01)')))
    const cut = assert.rejects(stores.mysql(CALLER).query('SELECT SLEEP(5)'), { code: 'STORE_UNAVAILABLE' })
    await mariadb.restart()
    await cut
    // Idle connections of the pool may only now be found dead.
    for (let tries = 0; tries < 5; tries++)
      await stores
        .mysql(CALLER)
        .query('SELECT 1')
        .catch(() => {})
    assert.deepEqual(await stores.mysql(CALLER).query('SELECT 1 AS one'), [{ one: 1 }])
  })

  it('shows the request to the server, as a comment that nothing in an id can end', async () => {
    const own = 'SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID() AND 1 = ?'
    const shown = async (id: string) => (await stores.mysql({ id }).query<{ info: string }>(own, [1]))[0]!.info
    assert.equal(await shown('8f3c'), `/* request 8f3c */ ${own.replace('?', '1')}`)
    assert.match(await shown('x */ DROP TABLE users; -- ?'), /^\/\* request xDROPTABLEusers-- \*\/ SELECT/)
  })

  it('logs a slow query with its request and without its values', async () => {
    const entries: Entry[] = []
    const slow = open({ slowMs: 20 }, { write: (entry) => entries.push(entry) })
    try {
      await slow.mysql({ id: 'quick' }).query('SELECT ?', ['secret'])
      await slow.mysql({ id: 'r2' }).query('SELECT SLEEP(?), ?', [0.03, 'secret'])
    } finally {
      await slow.close()
    }
    const entry = entries.find(({ request }) => request === 'r2')!
    assert.equal(entry.severity, 'warn')
    assert.match(entry.message, /^MySQL at .*mysql\.sock was slow: \d+ ms$/)
    assert.equal(entry.fields?.statement, 'SELECT SLEEP(?), ?')
    assert.ok(Number(entry.fields?.ms) >= 20)
  })

  it('refuses a query when as many wait as its backlog has room for', async () => {
    const small = open({ pool: 1, backlog: 1 })
    try {
      const { query } = small.mysql(CALLER)
      const first = query('SELECT SLEEP(0.05)')
      const second = query('SELECT 2 AS n')
      await assert.rejects(query('SELECT 3'), { code: 'STORE_BUSY', message: /too many queries wait/ })
      await first
      assert.deepEqual(await second, [{ n: 2 }])
    } finally {
      await small.close()
    }
  })

  it('closes connections that nobody has used for a while', async () => {
    const brief = open({ keepaliveMs: 10 })
    try {
      const [row] = await brief.mysql(CALLER).query<{ id: number }>('SELECT CONNECTION_ID() AS id')
      const count = 'SELECT COUNT(*) AS n FROM information_schema.processlist WHERE id = ?'
      const left = async () => (await stores.mysql(CALLER).query<{ n: number }>(count, [row!.id]))[0]!.n
      const deadline = AbortSignal.timeout(5000)
      while ((await left()) > 0) assert.ok(!deadline.aborted)
      assert.deepEqual(await brief.mysql(CALLER).query('SELECT 1 AS one'), [{ one: 1 }])
    } finally {
      await brief.close()
    }
  })

  it('says so when the conf has none, and after it was closed', async () => {
    const none = createStores({ redis: [], mysql: [] })
    await assert.rejects(none.mysql(CALLER).query('SELECT 1'), {
      code: 'STORE_UNAVAILABLE',
      message: /its conf has no "mysql main/,
    })
    const closed = open()
    await closed.mysql(CALLER).query('SELECT 1')
    await closed.close()
    await assert.rejects(closed.mysql(CALLER).query('SELECT 1'), { code: 'STORE_UNAVAILABLE', message: /has stopped/ })
  })
})
