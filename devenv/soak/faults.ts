// npm run faults: what the machine does to a yard: services that hang, a disk without room, file descriptors that have run out. Apart from
// the other tests, because it takes minutes of waiting for what hangs.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpGet } from '../e2e/clients.ts'
import { type Clone, findPortBlock, isAlive, run, TestYard, until } from '../e2e/yard.ts'

/** Answers with what both stores have said. */
const PROBE = `import type { SocketScript } from 'edgeyard'

export default {
  async fetch(_req, ctx) {
    const tell = (error: { code?: string; message: string }) => \`\${error.code}: \${error.message}\`
    const [redis, mysql] = await Promise.all([
      ctx.redis.call('PING').then(String, tell),
      ctx.mysql.query('SELECT 1 AS one').then((rows) => JSON.stringify(rows), tell),
    ])
    ctx.log.info('asked', { redis, mysql })
    return Response.json({ redis, mysql })
  },
} satisfies SocketScript<undefined>
`
const WELL = { redis: 'PONG', mysql: '[{"one":1}]' }
/** A fresh yard has 130 MiB of MariaDB; the rest is for what the tests push. */
const DISK_BYTES = 400 * 1024 * 1024
/** Long enough on a machine on which everything takes ten times as long. */
const LONG_MS = 240_000

describe('a yard in trouble', function () {
  this.timeout(300_000)
  let yard: TestYard
  let clone: Clone
  let isMounted = false

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edgeyard-faults-'))
    yard = new TestYard(folder, await findPortBlock())
    await mkdir(yard.root)
    isMounted = (await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', yard.root])).exitCode === 0
    const settings = 'developers_initial: [dev1, dev2]\nlimits: { developers: { dev2: { open_files: 64 } } }\n'
    await writeFile(join(yard.root, 'yard.yml'), settings)
    await yard.up()
    for (const name of ['dev1', 'dev2']) await yard.do('dev', 'key', 'add', name, await yard.makeKey(name))
    clone = await yard.clone('socketserver', 'dev1')
    await clone.ship({ 'src/main.ts': PROBE })
  })
  /** What takes all the room there is; no test may leave it. */
  const fill = () => join(yard.root, 'fill')
  afterEach(() => rm(fill(), { force: true }))
  after(async () => {
    await yard.cli('down')
    if (isMounted) assert.equal((await run('umount', [yard.root])).exitCode, 0)
    rmSync(yard.folder, { recursive: true, force: true })
  })

  const ask = async (developer = 'dev1') => {
    const { url } = await yard.sandbox('socketserver', developer)
    return JSON.parse((await httpGet(url.replace('ws:', 'http:'))).body) as typeof WELL
  }
  const isWell = async (developer?: string) => {
    const { redis, mysql } = await ask(developer)
    return redis === WELL.redis && mysql === WELL.mysql
  }
  const services = async () => new Map((await yard.status()).services.map((one) => [one.key, one]))
  const pidOf = async (key: string) => (await services()).get(key)?.pid ?? assert.fail(`${key} does not run`)
  const recordsOf = async (source: string) => {
    const folder = join(yard.root, source, 'logs')
    const files = await readdir(folder)
    return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('')
  }
  const killDaemon = async () => {
    const { pid } = await yard.status()
    process.kill(pid, 'SIGKILL')
    await until('the daemon is gone', () => !isAlive(pid))
  }

  it('starts again what hangs, also what was adopted; scripts see an error meanwhile, and recover by themselves', async () => {
    const sandbox = await yard.pids()
    const hanging = ['redis/dev1', 'mysql', 'viewer']
    const collector = await pidOf('rsyslog')
    // One hangs when the next daemon comes, the others later.
    await killDaemon()
    process.kill(collector, 'SIGSTOP')
    await yard.up()
    assert.notEqual(await pidOf('rsyslog'), collector)
    const before = await services()
    for (const key of hanging) process.kill(before.get(key)?.pid ?? assert.fail(), 'SIGSTOP')
    for (const text of Object.values(await ask()))
      assert.match(text, /^STORE_UNAVAILABLE: Cannot use .* (it did not answer in time|connect ETIMEDOUT)$/)
    await until(
      'all of them have been started again',
      async () => {
        const now = await services()
        return hanging.every((key) => {
          const { pid, trouble } = now.get(key) ?? assert.fail()
          return pid !== null && pid !== before.get(key)?.pid && /^hung, and was started again/.test(trouble ?? '')
        })
      },
      LONG_MS,
    )
    assert.match((await yard.do('status')).stdout, /^Trouble {3}redis of dev1 hung, and was started again \d+ s ago$/m)
    await until('the script is well', isWell)
    assert.deepEqual(await yard.pids(), sandbox, 'no sandbox was started anew for it')
    const asked = /"message":"asked",.*"redis":"PONG"/
    await until('its records arrive', async () => asked.test(await recordsOf('socketserver/dev1')))
    await until('the log tells it', async () => {
      const text = await recordsOf('edgeyard/master')
      return [
        /log viewer .* hangs/,
        /redis of dev1 .* hangs/,
        /mariadb hangs/,
        /rsyslogd is ready again: it hung/,
      ].every((pattern) => pattern.test(text))
    })
  })

  it('gives log sockets back that are gone, and opens those that are closed', async () => {
    const socket = join(yard.root, 'run/log/dev2.sock')
    const { mode } = await stat(socket)
    await chmod(socket, 0)
    await until('it is open', async () => (await stat(socket)).mode === mode, LONG_MS)
    const collector = await pidOf('rsyslog')
    await rm(socket)
    await until('it is back', async () => (await stat(socket).catch(() => null))?.mode === mode, LONG_MS)
    assert.notEqual(await pidOf('rsyslog'), collector)
  })

  it('refuses what a full disk has no room for, runs on, and goes on when there is room (as root: on a disk of its own)', async function () {
    if (!isMounted) return this.skip()
    const before = await yard.standing()
    await run('dd', ['if=/dev/zero', `of=${fill()}`, 'bs=1M', `count=${DISK_BYTES}`])
    await clone.write('src/main.ts', `${PROBE}\n// Too much.\n`)
    const commit = await clone.commit('Too much')
    const refused = await clone.push()
    assert.notEqual(refused.exitCode, 0)
    assert.match(refused.output, /No space left on device/)
    assert.deepEqual(await yard.standing(), before)
    assert.equal(await isWell(), true)
    // Whether that can be written down or not.
    await yard.do('stop', 'dtserver', 'dev1')
    assert.equal((await yard.sandbox('dtserver', 'dev1')).state, 'stopped')
    await killDaemon()
    assert.equal(await isWellAt(before), true)
    await rm(fill())
    await yard.up()
    const { sandboxes } = await yard.status()
    assert.ok(sandboxes.every(({ reason }) => reason === null))
    const pushed = await clone.push()
    assert.equal(pushed.exitCode, 0, pushed.output)
    assert.equal((await yard.sandbox('socketserver', 'dev1')).commit, commit)
    assert.deepEqual(await brokenState(), [])
  })

  it('takes nobody for dead, and says what is the matter, when its daemon has no file descriptors left', async () => {
    const { pid } = await yard.status()
    const before = { pids: await yard.pids(), services: [...(await services())].map(([key, one]) => [key, one.pid]) }
    // The fewest at any moment: a look at something takes one for a while.
    let open = Number.POSITIVE_INFINITY
    for (let n = 0; n < 50; n++) open = Math.min(open, (await readdir(`/proc/${pid}/fd`)).length)
    const limit = async (files: number) => {
      const set = await run('prlimit', ['--pid', `${pid}`, `--nofile=${files}:`])
      assert.equal(set.exitCode, 0, set.output)
    }
    const usual = Number(/^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1])
    // One for a client of its control socket, if nothing else has it just then.
    await limit(open + 1)
    const refused = await yard.cli('restart', 'socketserver', 'dev1')
    assert.equal(refused.exitCode, 1)
    assert.match(refused.stderr, /EMFILE|the daemon went away|ECONNRESET/)
    const pushed = await clone.push('HEAD:refs/ctl/status')
    assert.notEqual(pushed.exitCode, 0)
    assert.equal(isAlive(pid), true)
    await limit(usual)
    await yard.do('restart', 'dtserver', 'dev2')
    const changed = (pids: Record<string, number | null>) => ({ ...pids, 'dtserver/dev2': 0 })
    assert.deepEqual(changed(await yard.pids()), changed(before.pids))
    assert.deepEqual(
      [...(await services())].map(([key, one]) => [key, one.pid]),
      before.services,
    )
  })

  it('has scripts that recover when theirs had run out, while they used their stores for the first time', async () => {
    const other = await yard.clone('socketserver', 'dev2')
    const { pid: starter } = await yard.sandbox('socketserver', 'dev2')
    await other.ship({ 'src/main.ts': PROBE })
    // It was adopted from an earlier daemon, so nobody is told when it lets go of the port that both have.
    await until('the starter has ended', () => !isAlive(starter!))
    const { port, pid } = await yard.sandbox('socketserver', 'dev2')
    const clients = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    try {
      const request = clients[0]!
      request.setEncoding('utf8').write('GET /hhl HTTP/1.1\r\nHost: localhost\r\n\r\n')
      const reply = await new Promise<string>((resolve) => {
        let text = ''
        request.on('data', (piece: string) => {
          text += piece
          if (text.includes('}')) resolve(text)
        })
      })
      assert.match(reply, /"redis":"STORE_UNAVAILABLE: [^"]*EMFILE/)
      assert.match(reply, /"mysql":"STORE_UNAVAILABLE: [^"]*EMFILE/)
    } finally {
      for (const client of clients) client.destroy()
    }
    await until('the script is well', () => isWell('dev2').catch(() => false))
    assert.equal((await yard.sandbox('socketserver', 'dev2')).pid, pid)
  })

  /** Without a daemon that could be asked where it listens. */
  async function isWellAt(standing: Record<string, unknown>): Promise<boolean> {
    const { conf } = standing['socketserver/dev1'] as { conf: string }
    const port = /listen [^;]*?(\d+)[ ;]/.exec(conf)?.[1]
    const { body } = await httpGet(`http://127.0.0.1:${port}/hhl`)
    return JSON.parse(body).redis === WELL.redis
  }

  /** State files that were found spoilt. */
  async function brokenState(): Promise<readonly string[]> {
    const files = await readdir(yard.root, { recursive: true })
    return files.filter((file) => file.endsWith('.broken'))
  }
})
