import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { MysqlConf } from '../contract/conf/conf.ts'
import { type MariadbServer, startMariadb } from '../testing/mariadb-server.ts'
import { createStores, type Stores } from './create-stores.ts'

const CALLER = { id: 'r1' }
const BY_ID = 'SELECT id, name FROM players WHERE id = ?'
const LOCKED = 'SELECT id FROM locked WHERE id = ?'
const FAILING = 'SELECT (SELECT id FROM players WHERE id < ?) AS one'

describe('statements of one turn that only read', () => {
  let mariadb: MariadbServer
  let opened: Stores[]
  const open = (change: Partial<MysqlConf> = {}) => {
    const stores = createStores({
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
    })
    opened.push(stores)
    return stores.mysql(CALLER)
  }

  before(async () => {
    opened = []
    mariadb = await startMariadb()
    const { query } = open()
    await query('CREATE TABLE players (id INT PRIMARY KEY, name TEXT CHARACTER SET utf8mb4)')
    await query('CREATE TABLE locked (id INT PRIMARY KEY)')
    for (let id = 1; id <= 50; id++) await query('INSERT INTO players VALUES (?, ?)', [id, `player 🎲 ${id}`])
  })
  afterEach(() => Promise.all(opened.splice(0).map((stores) => stores.close())))
  after(() => mariadb.stop())

  it('get their own rows, in whatever pieces the replies arrive', async () => {
    for (const bytes of [1, 3, 64, 1000]) {
      const pieces = await startPieces(mariadb.socket, bytes)
      const { query } = open({ address: { host: '127.0.0.1', port: pieces.port }, pool: 2 })
      await query(BY_ID, [1])
      const ids = Array.from({ length: 40 }, (_, n) => n + 1)
      const rows = await Promise.all([...ids, 99].map((id) => query(BY_ID, [id])))
      assert.deepEqual(rows, [...ids.map((id) => [{ id, name: `player 🎲 ${id}` }]), []])
      await pieces.stop()
    }
  })

  it('share a connection', async () => {
    const added = async () => {
      const { query } = open({ pool: 20 })
      await query(BY_ID, [1])
      const before = await connections(query)
      await Promise.all(Array.from({ length: 16 }, (_, id) => query(BY_ID, [id])))
      return (await connections(query)) - before
    }
    // Where the processor is away for a moment they count as slow, and get one each.
    for (let tries = 1; (await added()) > 0; tries++) assert.notEqual(tries, 5, 'never in so many tries')
  })

  it('have their own errors, with the stack of the caller', async () => {
    const { query } = open()
    await query(BY_ID, [1])
    await query(FAILING, [2])
    async function asking() {
      return await query(FAILING, [9])
    }
    const [first, failed, last] = await Promise.allSettled([query(BY_ID, [1]), asking(), query(BY_ID, [2])])
    assert.equal(first.status, 'fulfilled')
    assert.equal(last.status, 'fulfilled')
    assert.equal(failed.status, 'rejected')
    assert.equal(failed.reason.code, 'ER_SUBQUERY_NO_1_ROW')
    assert.match(failed.reason.sql, /^\/\* request r1 \*\/ SELECT \(SELECT/)
    assert.match(failed.reason.stack, /at async asking/)
  })

  it('have the values that the library would read, also long ones, many rows, and bytes', async () => {
    const { query } = open()
    await query(`CREATE TABLE kinds (a TINYINT UNSIGNED, b BIGINT, c DECIMAL(20,4), d DOUBLE, e DATE, f DATETIME(3), g TIME,
      h LONGTEXT CHARACTER SET utf8mb4, i YEAR, j VARCHAR(9) CHARACTER SET latin1, k ENUM('x', 'y') CHARACTER SET utf8mb4)`)
    const row =
      "(200, 9007199254740993, 1.5, 2.5, '2024-02-29', '2024-02-29 12:13:14.5', '11:12:13', ?, 1999, 'é', 'y')"
    await query(`INSERT INTO kinds VALUES ${row}`, ['🎲'.repeat(100_000)])
    await query('INSERT INTO kinds VALUES (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)')
    await query('CREATE TABLE bytes (id INT, data VARBINARY(10))')
    await query("INSERT INTO bytes VALUES (1, 'one'), (2, 'two')")
    const statements = ['SELECT * FROM kinds', 'SELECT a.id FROM players a CROSS JOIN players b', 'SELECT * FROM bytes']
    const byLibrary = await Promise.all(statements.map((sql) => query(sql)))
    for (let times = 0; times < 3; times++) {
      assert.deepEqual(await Promise.all(statements.map((sql) => query(sql))), byLibrary)
    }
  })

  it('are asked again when a table was altered', async () => {
    const { query } = open()
    await query('CREATE TABLE changing (id INT)')
    await query('INSERT INTO changing VALUES (1)')
    const sql = 'SELECT * FROM changing'
    await query(sql)
    await query('ALTER TABLE changing ADD name VARCHAR(10) DEFAULT "new"')
    assert.deepEqual(await Promise.all([query(sql), query(sql)]), [[{ id: 1, name: 'new' }], [{ id: 1, name: 'new' }]])
    await query('ALTER TABLE changing DROP id')
    assert.deepEqual(await Promise.all([query(sql), query(sql)]), [[{ name: 'new' }], [{ name: 'new' }]])
  })

  it('are answered although the one before them waits', async () => {
    const { query } = open()
    await Promise.all([query(BY_ID, [1]), query(LOCKED, [1])])
    const unlock = await lockTable(open)
    const waiting = query(LOCKED, [1])
    assert.deepEqual(await Promise.all([query('SELECT 2 AS two'), query(BY_ID, [2]), query(BY_ID, [3])]), [
      [{ two: 2 }],
      [{ id: 2, name: 'player 🎲 2' }],
      [{ id: 3, name: 'player 🎲 3' }],
    ])
    await unlock()
    assert.deepEqual(await waiting, [])
  })

  it('do not wait for ever, and others go on', async () => {
    const { query } = open({ timeoutMs: 200 })
    await Promise.all([query(BY_ID, [1]), query(LOCKED, [1])])
    const unlock = await lockTable(open)
    const late = assert.rejects(query(LOCKED, [1]), { code: 'STORE_UNAVAILABLE' })
    assert.equal((await query(BY_ID, [2])).length, 1)
    await late
    assert.equal((await query(BY_ID, [3])).length, 1)
    await unlock()
  })

  it('reject when their connection is lost', async () => {
    const pieces = await startPieces(mariadb.socket, 1000)
    const { query } = open({ address: { host: '127.0.0.1', port: pieces.port } })
    await Promise.all([query(BY_ID, [1]), query(LOCKED, [1])])
    const unlock = await lockTable(open)
    const asked = [query(LOCKED, [1]), query(LOCKED, [2])]
    setImmediate(() => setImmediate(() => pieces.cut()))
    for (const each of asked) await assert.rejects(each, { code: 'STORE_UNAVAILABLE' })
    await unlock()
    assert.equal((await query(BY_ID, [1])).length, 1)
    await pieces.stop()
  })
})

async function connections(query: (sql: string) => Promise<unknown[]>): Promise<number> {
  return (await query('SHOW PROCESSLIST')).length
}

/** Nobody reads `locked` until it is unlocked. */
async function lockTable(open: (change: Partial<MysqlConf>) => { query(sql: string): Promise<unknown[]> }) {
  const { query } = open({ pool: 1 })
  await query('LOCK TABLES locked WRITE')
  return () => query('UNLOCK TABLES')
}

/** In front of MySQL: its replies arrive in pieces of so many bytes. */
async function startPieces(path: string, bytes: number) {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (client) => {
    const behind = connect(path)
    client.pipe(behind)
    for (const socket of [client, behind]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        behind.destroy()
      })
    }
    behind.on('data', async (data) => {
      behind.pause()
      for (let at = 0; at < data.length && !client.destroyed; at += bytes) {
        client.write(data.subarray(at, at + bytes))
        await new Promise(setImmediate)
      }
      behind.resume()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    async stop() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
