import assert from 'node:assert/strict'
import type { MysqlConf } from '../contract/conf/conf.ts'
import { isEdgeyardError } from '../contract/errors.ts'
import { type MariadbServer, startMariadb } from '../testing/mariadb-server.ts'
import { createStores, type Stores } from './create-stores.ts'

describe('ctx.mysql', () => {
  let mariadb: MariadbServer
  let stores: Stores
  const open = (change: Partial<MysqlConf> = {}) =>
    createStores({
      redis: [],
      mysql: [
        {
          name: 'main',
          address: { path: mariadb.socket },
          database: 'test',
          user: mariadb.user,
          pool: 4,
          timeoutMs: 5000,
          ...change,
        },
      ],
    })

  before(async () => {
    mariadb = await startMariadb()
    stores = open()
    await stores.mysql.query(
      'CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) UNIQUE) ENGINE=InnoDB CHARACTER SET utf8mb4',
    )
  })
  after(async () => {
    await stores.close()
    await mariadb.stop()
  })
  beforeEach(() => stores.mysql.query('DELETE FROM users'))

  it('replaces ? by arguments, and resolves with rows, or with none', async () => {
    assert.deepEqual(await stores.mysql.query('INSERT INTO users (name) VALUES (?)', ["O'Neil 🎲"]), [])
    assert.deepEqual(
      await stores.mysql.query<{ name: string }>('SELECT name FROM users WHERE name = ?', ["O'Neil 🎲"]),
      [{ name: "O'Neil 🎲" }],
    )
    assert.deepEqual(await stores.mysql.query('SELECT 1 FROM users WHERE name = ?', ['nobody']), [])
  })

  it('does not let an object from outside change a condition', async () => {
    await stores.mysql.query('INSERT INTO users (name) VALUES (?)', ['ada'])
    assert.deepEqual(await stores.mysql.query('SELECT * FROM users WHERE name = ?', [{ name: 1 }]), [])
  })

  it("rejects with the server's own error, its code, and the caller's stack", async () => {
    await stores.mysql.query('INSERT INTO users (name) VALUES (?)', ['ada'])
    async function callerOfMysql() {
      await stores.mysql.query('INSERT INTO users (name) VALUES (?)', ['ada'])
    }
    await assert.rejects(callerOfMysql(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ER_DUP_ENTRY')
      assert.match(error.stack!, /callerOfMysql/)
      return true
    })
    await assert.rejects(stores.mysql.query('SELEC 1'), { code: 'ER_PARSE_ERROR' })
  })

  it('commits a transaction that resolves, and rolls back one that rejects', async () => {
    const names = async () =>
      (await stores.mysql.query<{ name: string }>('SELECT name FROM users')).map(({ name }) => name)
    const result = await stores.mysql.tx(async (tx) => {
      await tx.query('INSERT INTO users (name) VALUES (?)', ['in'])
      const [row] = await tx.query<{ id: number }>('SELECT LAST_INSERT_ID() AS id')
      return row!.id > 0
    })
    assert.equal(result, true)
    await assert.rejects(
      stores.mysql.tx(async (tx) => {
        await tx.query('INSERT INTO users (name) VALUES (?)', ['out'])
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    assert.deepEqual(await names(), ['in'])
  })

  it('does not let a transaction be used after its end, or hold another', async () => {
    let leaked: { query(sql: string): Promise<unknown> } | undefined
    await stores.mysql.tx(async (tx) => {
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
      Array.from({ length: 100 }, (_, n) => stores.mysql.query<{ n: number }>('SELECT ? AS n', [n])),
    )
    assert.deepEqual(
      rows.map(([row]) => row!.n),
      Array.from({ length: 100 }, (_, n) => n),
    )
    const [row] = await stores.mysql.query<{ n: number }>(
      'SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = ?',
      ['test'],
    )
    assert.ok(row!.n <= 4)
  })

  it('gives up when a query takes too long, or no connection is free, and works on', async () => {
    const slow = open({ pool: 1, timeoutMs: 200 })
    try {
      await assert.rejects(slow.mysql.query('SELECT SLEEP(5)'), { code: 'STORE_UNAVAILABLE' })
      assert.deepEqual(await slow.mysql.query('SELECT 1 AS one'), [{ one: 1 }])
      await slow.mysql.tx(async () => {
        await assert.rejects(slow.mysql.query('SELECT 1'), { code: 'STORE_BUSY' })
      })
      assert.deepEqual(await slow.mysql.query('SELECT 2 AS two'), [{ two: 2 }])
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
        await assert.rejects(away.mysql.query('SELECT 1'), (error: Error) => {
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
    await Promise.all([1, 2, 3].map(() => stores.mysql.query('SELECT SLEEP(0.01)')))
    const cut = assert.rejects(stores.mysql.query('SELECT SLEEP(5)'), { code: 'STORE_UNAVAILABLE' })
    await mariadb.restart()
    await cut
    // Idle connections of the pool may only now be found dead.
    for (let tries = 0; tries < 5; tries++) await stores.mysql.query('SELECT 1').catch(() => {})
    assert.deepEqual(await stores.mysql.query('SELECT 1 AS one'), [{ one: 1 }])
  })

  it('says so when the conf has none, and after it was closed', async () => {
    const none = createStores({ redis: [], mysql: [] })
    await assert.rejects(none.mysql.query('SELECT 1'), {
      code: 'STORE_UNAVAILABLE',
      message: /its conf has no "mysql main/,
    })
    const closed = open()
    await closed.mysql.query('SELECT 1')
    await closed.close()
    await assert.rejects(closed.mysql.query('SELECT 1'), { code: 'STORE_UNAVAILABLE', message: /has stopped/ })
  })
})
