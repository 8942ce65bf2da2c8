// The services on their real programs, in a temporary yard.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addDeveloper, type Developer, readDevelopers } from '../../developers/developers.ts'
import { NO_LIMITER } from '../../exec/limiter.ts'
import { NO_NET_FILTER } from '../../exec/net-filter.ts'
import { probeIsolation } from '../../exec/probe-isolation.ts'
import { identifyProcess } from '../../exec/process-table.ts'
import { runCommand } from '../../exec/run-command.ts'
import { yardLayout } from '../../sandbox/layout.ts'
import { planPorts } from '../../sandbox/ports.ts'
import { QUOTAS_DEFAULT } from '../../sandbox/quotas.ts'
import { NO_LIMITS_SAID } from '../../settings/limits.ts'
import { DEFAULT_LOGS } from '../../settings/settings.ts'
import { systemClock } from '../clock.ts'
import { ensureYardFolders } from '../folders.ts'
import { isPortFree } from '../ports.ts'
import { createProcesses, type Processes } from '../processes.ts'
import { createRecordSender } from '../record-sender.ts'
import { createRenderer } from '../render-once.ts'
import { createService } from '../service.ts'
import { askUntil } from '../within.ts'
import { createYardLog, type YardContext } from '../yard-context.ts'
import { mysqlService, query } from './mysql.ts'
import { DATABASE, ensureAccounts, mysqlAccount, renderAccounts } from './mysql-accounts.ts'
import { ping, redisService } from './redis.ts'

describe('the services of a yard', () => {
  let context: YardContext
  let processes: Processes
  let developers: readonly Developer[]
  before(async () => {
    const layout = yardLayout(await realpath(await mkdtemp(join(tmpdir(), 'edgeyard-services-'))))
    await ensureYardFolders(layout)
    const asRoot = process.getuid?.() === 0
    const records = createRecordSender(layout)
    processes = createProcesses(layout, records, systemClock)
    context = {
      ...{ layout, processes, asRoot, render: createRenderer(), log: createYardLog(records) },
      ...{ clock: systemClock, ports: null, version: '0', pushesUnderWay: () => false },
      settings: {
        host: '127.0.0.1',
        portsFrom: undefined,
        sshPort: 0,
        viewerPort: 0,
        ports: planPorts().ranges,
        tls: null,
        mysql: null,
        developersInitial: [],
        limits: NO_LIMITS_SAID,
        quotas: QUOTAS_DEFAULT,
        logs: DEFAULT_LOGS,
      },
      projectRoot: fileURLToPath(new URL('../../../..', import.meta.url)),
      isolation: await probeIsolation({ asRoot }),
      limiter: NO_LIMITER,
      netFilter: NO_NET_FILTER,
    }
    await addDeveloper(layout, 'dev1')
    developers = await readDevelopers(layout)
  })
  after(async () => {
    await processes.close()
    await rm(context.layout.root, { recursive: true, force: true })
  })

  it("start a developer's redis, start it anew when it dies or its conf changes, and stop it", async () => {
    const developer = developers[1]!
    const port = await freePort()
    const { data, socket, run } = context.layout.redis('dev1')
    const address = { path: socket }
    const listen = `bind ""\nport ${port}\nunixsocket "${socket}"\nunixsocketperm 770`
    const conf = (extra: string) =>
      `${listen}\nlogfile ""\ndir "${data}"\nrequirepass ${developer.redisPassword}\n${extra}`
    const service = createService(context, 'redis/dev1', null)
    await service.ensure(redisService(context, developer, { text: conf(''), port }))
    const first = service.pid!
    assert.equal(await ping(address, developer.redisPassword), true)
    assert.equal(await ping(address, 'wrong'), false)
    assert.equal((await stat(data)).mode & 0o777, 0o700)
    const { mode, uid, gid } = await stat(run)
    if (context.asRoot) assert.deepEqual([mode & 0o777, uid, gid], [0o710, developer.uid, developer.uid])
    else assert.equal(mode & 0o777, 0o700)
    assert.equal(await isPortFree('127.0.0.1', port), true, 'its port is closed')

    await service.ensure(redisService(context, developer, { text: conf(''), port }))
    assert.equal(service.pid, first, 'nothing changed, nothing is started')

    process.kill(first, 'SIGKILL')
    assert.ok(await askUntil(() => service.pid !== null && service.pid !== first, { ms: 10_000 }))
    const second = service.pid!

    await service.ensure(redisService(context, developer, { text: conf('maxclients 50\n'), port }))
    const third = service.pid!
    assert.ok(third !== second && identifyProcess(second) === null)

    await service.stop()
    assert.equal(identifyProcess(third), null)
    assert.equal(service.pid, null)
    assert.deepEqual(await readdir(join(context.layout.run, 'processes')), [], 'and leave no run file')
  })

  it('say who has the port that a redis should have', async () => {
    const developer = developers[1]!
    const server = createServer()
    const port = await listen(server)
    const service = createService(context, 'redis/dev1', null)
    const failure = service.ensure(redisService(context, developer, { text: '', port }))
    await assert.rejects(failure, { code: 'PORT_TAKEN', message: new RegExp(`port ${port} .*pid ${process.pid} \\(`) })
    await service.stop()
    server.close()
  })

  it('say what a service wrote when it cannot start', async () => {
    const service = createService(context, 'redis/dev1', null)
    const conf = { text: 'no-such-directive 1\n', port: await freePort() }
    await assert.rejects(service.ensure(redisService(context, developers[1]!, conf)), {
      code: 'SERVICE_FAILED',
      message: /ended before it was ready[\s\S]*no-such-directive/,
    })
    await service.stop()
  })

  it('initialise MariaDB once, give each developer the shared database, and keep data over a restart', async () => {
    const { socket, data } = context.layout.mysql
    const service = createService(context, 'mysql', null)
    await service.ensure(await mysqlService(context))
    await ensureAccounts(socket, developers)
    await ensureAccounts(socket, developers)
    const asDeveloper = (sql: string) =>
      runCommand(
        {
          file: '/usr/bin/mariadb',
          args: [
            '--no-defaults',
            `--socket=${socket}`,
            `--user=${mysqlAccount('dev1')}`,
            `--password=${developers[1]?.mysqlPassword}`,
            '-BN',
          ],
        },
        { input: sql },
      )
    const made = await asDeveloper(`CREATE TABLE ${DATABASE}.t (n INT); INSERT INTO ${DATABASE}.t VALUES (7)`)
    assert.equal(made.exitCode, 0, made.stderr)
    for (const forbidden of [
      'SELECT * FROM mysql.global_priv',
      'CREATE DATABASE mine',
      'SHUTDOWN',
      "SELECT 1 INTO OUTFILE '/tmp/edgeyard-outfile'",
      'SET GLOBAL max_connections = 1',
      'SHOW ENGINE INNODB STATUS',
      'GRANT ALL ON *.* TO CURRENT_USER()',
    ]) {
      assert.notEqual((await asDeveloper(forbidden)).exitCode, 0, forbidden)
    }
    assert.equal((await asDeveloper("SELECT LOAD_FILE('/etc/passwd')")).stdout.toString(), 'NULL\n')
    assert.equal(await query(socket, `SELECT max_user_connections FROM mysql.user WHERE user = 'yard-dev1'`), '100\n')
    await service.stop()
    const inode = (await stat(data)).ino
    await service.ensure(await mysqlService(context))
    assert.equal((await stat(data)).ino, inode)
    assert.equal(await query(socket, `SELECT n FROM ${DATABASE}.t`), '7\n')
    await ensureAccounts(socket, developers.slice(0, 1))
    assert.notEqual((await asDeveloper('SELECT 1')).exitCode, 0, 'who has gone may not log in')
    await service.stop()
    assert.equal(await readFile(`${data}.new`).catch((error: NodeJS.ErrnoException) => error.code), 'ENOENT')
  })

  it("never touch an account that is not a developer's", () => {
    const root: Developer = { name: 'root', index: 1, uid: null, redisPassword: 'a', mysqlPassword: 'b', createdAt: '' }
    assert.doesNotMatch(renderAccounts([root], ['yard-gone']), /'root'/)
    assert.match(renderAccounts([root], ['yard-gone']), /DROP USER IF EXISTS 'yard-gone'@'localhost';/)
  })
})

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
