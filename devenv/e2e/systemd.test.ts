// What `edgeyard install` writes, started by a real systemd.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { SystemdMachine } from './systemd-machine.ts'
import { createYard, endYard, processesOf, projectRoot, type TestYard, until } from './yard.ts'

const SANDBOX = 'edgeyard-sandbox@socketserver-dev1'

describe('a yard that systemd runs (as root, where one boots in namespaces)', function () {
  this.timeout(180_000)
  let yard: TestYard
  let machine: SystemdMachine
  let url: string
  let count: number

  before(async function () {
    const folder = mkdtempSync(join(tmpdir(), 'edgeyard-systemd-'))
    const units = join(folder, 'etc/systemd/system')
    machine = await SystemdMachine.boot(folder, units).catch((error: Error) => {
      rmSync(folder, { recursive: true, force: true })
      this.test!.title = `needs a systemd that boots in namespaces: ${error.message}`
      return this.skip()
    })
    yard = await createYard()
    await (await yard.clone('socketserver', 'dev1')).ship({ 'src/main.ts': namedScript('dev1 is here') })
    count = (await yard.status()).sandboxes.length
    url = (await yard.sandbox('socketserver', 'dev1')).url.replace('ws:', 'http:')
    await appendFile(join(yard.root, 'yard.yml'), 'limits: { memory: 300m }\n')
    await yard.do('install', '--sandboxes', '--prefix', folder)
    await yard.down()
    await systemctl('daemon-reload')
  })
  after(async () => {
    if (machine === undefined) return
    await machine.halt()
    rmSync(machine.folder, { recursive: true, force: true })
    if (yard !== undefined) await endYard(yard)
  })

  const systemctl = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, output } = await machine.run('systemctl', '--no-pager', ...args)
    if (exitCode !== 0) assert.fail(`${output}\n${(await machine.run('systemctl', 'status', args.at(-1)!)).output}`)
    return stdout.trim()
  }
  const isUp = () =>
    until(
      'all is ready',
      async () => {
        const status = await yard.status().catch(() => null)
        return status?.sandboxes.filter(({ state }) => state === 'ready').length === count && status
      },
      60_000,
    )
  const answer = async () => (await httpGet(url).catch(() => null))?.body

  it('comes up, and is started again when its daemon dies, which no sandbox notices', async () => {
    await systemctl('start', 'edgeyard')
    const { pid } = await isUp()
    assert.equal(await systemctl('show', '--property=MainPID', '--value', 'edgeyard'), `${pid}`)
    const before = await yard.pids()
    await systemctl('kill', '--kill-whom=main', '--signal=KILL', 'edgeyard')
    await until('there is another daemon', async () => (await yard.status().catch(() => ({ pid }))).pid !== pid)
    await isUp()
    assert.deepEqual(await yard.pids(), before)
    assert.equal(await systemctl('show', '--property=NRestarts', '--value', 'edgeyard'), '1')
    assert.equal(await answer(), 'dev1 is here')
  })

  it('is handed over to the next edgeyard, which systemd starts too', async () => {
    const [{ pid }, before] = [await yard.status(), await yard.pids()]
    const cli = [process.execPath, join(projectRoot, 'dist/devenv/cli.js')]
    const taken = await machine.run(...cli, 'up', '--detach', '--take-over', '--root', yard.root)
    assert.equal(taken.exitCode, 0, taken.output)
    assert.match(taken.output, /takes over from [\s\S]*\nsystemd starts edgeyard\.service again\n/)
    assert.match(taken.stdout, /^Daemon .*, run by edgeyard\.service$/m)
    const now = await isUp()
    assert.notEqual(now.pid, pid)
    assert.deepEqual(await yard.pids(), before)
    assert.equal(await systemctl('show', '--property=MainPID', '--value', 'edgeyard'), `${now.pid}`)
  })

  it('has a sandbox under a unit of its own where that is chosen: as its user, without rights, with its own files', async () => {
    const { pid: own } = await yard.sandbox('socketserver', 'dev1')
    const rightsOf = (pid: string) =>
      machine.run('grep', '-E', '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):', `/proc/${pid}/status`)
    const { stdout: rights } = await rightsOf(`${own}`)
    await yard.do('stop', 'socketserver', 'dev1')
    await systemctl('start', SANDBOX)
    await until('it answers', async () => (await answer()) === 'dev1 is here')
    const pid = await systemctl('show', '--property=MainPID', '--value', SANDBOX)
    assert.equal((await rightsOf(pid)).stdout, rights)
    const seen = async (path: string) => (await machine.run('ls', `/proc/${pid}/root${path}`)).stdout.split('\n').sort()
    assert.deepEqual(await seen(yard.root), ['', 'run', 'socketserver'])
    assert.deepEqual(await seen(join(yard.root, 'socketserver')), ['', 'dev1'])
    assert.deepEqual(await seen(join(yard.root, 'run')), ['', 'log', 'mysql', 'redis'])
    assert.equal(await systemctl('show', '--property=MemoryMax', '--value', SANDBOX), `${300 * 1024 * 1024}`)
    const logs = join(yard.root, 'socketserver/dev1/logs')
    await until('its records are there', () =>
      readdirSync(logs).some((file) => readFileSync(join(logs, file), 'utf8').includes(`"pid":${pid}`)),
    )
    await systemctl('stop', SANDBOX)
    assert.equal(await answer(), undefined)
    await yard.do('start', 'socketserver', 'dev1')
    assert.equal(await answer(), 'dev1 is here')
  })

  it('goes down with all that runs when it is stopped', async () => {
    assert.ok(processesOf(yard.root).length > 10)
    await systemctl('stop', 'edgeyard')
    await until('nothing is left', () => processesOf(yard.root).length === 0)
    assert.equal(await systemctl('show', '--property=Result', '--value', 'edgeyard'), 'success')
  })
})
