// What the yard outlives: its daemon's death, a sandbox's death, a reboot.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { YardStatus } from '../control/protocol.ts'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { isAlive, processesOf, sharedYard, type TestYard, until } from './yard.ts'

describe('the yard', function () {
  this.timeout(180_000)
  let yard: TestYard

  before(async () => {
    yard = await sharedYard()
    const clone = await yard.clone('socketserver', 'dev1')
    await clone.ship({ 'src/main.ts': namedScript('survivor') })
  })

  const answer = async () =>
    (await httpGet((await yard.sandbox('socketserver', 'dev1')).url.replace('ws:', 'http:'))).body

  it('brings a sandbox back that was killed with -9', async () => {
    const before = await yard.sandbox('socketserver', 'dev1')
    process.kill(before.pid ?? 0, 'SIGKILL')
    const back = await until('the sandbox is ready with another pid', async () => {
      const now = await yard.sandbox('socketserver', 'dev1')
      return now.state === 'ready' && now.pid !== before.pid && now
    })
    assert.equal(back.release, before.release)
    assert.equal(back.restarts, before.restarts + 1)
    assert.equal(await answer(), 'survivor')
  })

  it('keeps every process when the daemon is killed with -9, and adopts them', async () => {
    const before = await yard.status()
    process.kill(before.pid, 'SIGKILL')
    await until('the daemon is gone', () => !isAlive(before.pid))
    const { url } =
      before.sandboxes.find((one) => one.server === 'socketserver' && one.developer === 'dev1') ?? assert.fail()
    assert.equal((await httpGet(url.replace('ws:', 'http:'))).body, 'survivor')
    await yard.up()
    const after = await yard.status()
    assert.notEqual(after.pid, before.pid)
    const pids = (status: typeof after) => ({
      sandboxes: status.sandboxes.map((one) => [one.server, one.developer, one.pid]),
      redis: status.redis.map((one) => one.pid),
      mysql: status.mysql.pid,
      viewer: status.viewer.pid,
    })
    assert.deepEqual(pids(after), pids(before))
    assert.ok(after.sandboxes.every((one) => one.state === 'ready'))
  })

  it('brings an adopted sandbox back too', async () => {
    const before = await yard.sandbox('dtserver', 'dev2')
    process.kill(before.pid ?? 0, 'SIGKILL')
    await until('it is ready with another pid', async () => {
      const now = await yard.sandbox('dtserver', 'dev2')
      return now.state === 'ready' && now.pid !== before.pid
    })
  })

  it('accepts pushes to an adopted sandbox', async () => {
    const clone = await yard.clone('socketserver', 'dev1')
    await clone.ship({ 'src/main.ts': namedScript('adopted') })
    // One that was adopted cannot say when it has let go of the port that both have.
    await until('the new one answers', async () => (await answer()) === 'adopted')
  })

  it('keeps a stopped sandbox stopped, and starts it again when told', async () => {
    await yard.do('stop', 'socketserver', 'dev2')
    assert.equal((await yard.sandbox('socketserver', 'dev2')).state, 'stopped')
    const { pid } = await yard.status()
    process.kill(pid, 'SIGKILL')
    await until('the daemon is gone', () => !isAlive(pid))
    await yard.up()
    assert.equal((await yard.sandbox('socketserver', 'dev2')).state, 'stopped')
    await yard.do('start', 'socketserver', 'dev2')
    assert.equal((await yard.sandbox('socketserver', 'dev2')).state, 'ready')
  })

  it('restores what was running after a reboot: all killed, run files left behind, their pids somebody else’s by now', async () => {
    await yard.do('stop', 'dtserver', 'dev1')
    const before = await yard.status()
    const folder = join(yard.root, 'run/processes')
    const files = await readdir(folder)
    const runs = await Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8'))))
    const pids = [before.pid, ...runs.map(({ pid }) => pid as number)]
    for (const { pid } of [...before.sandboxes, ...before.redis, before.mysql, before.viewer]) {
      assert.ok(pid === null || pids.includes(pid), `pid ${pid} has no run file`)
    }
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await until('nothing is left', () => processesOf(yard.root).length === 0)

    // The worst that a reboot may do: the very pid, and as many ticks after boot. Only the boot is another one.
    const foreign = spawn('sleep', ['600'], { stdio: 'ignore' })
    const pid = foreign.pid ?? assert.fail()
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    for (const [index, file] of files.entries()) {
      await rm(join(folder, file))
      const left = { ...runs[index], pid, startTicks, bootId: randomUUID() }
      await writeFile(join(folder, file.replace(/\d+\.json$/, `${pid}.json`)), JSON.stringify(left))
    }
    try {
      await restored(before)
      assert.ok(isAlive(pid), 'the foreign process was killed')
      const adopted = (await readdir(folder)).filter((file) => file.endsWith(`.${pid}.json`))
      assert.deepEqual(adopted, [])
    } finally {
      foreign.kill('SIGKILL')
    }
  })

  async function restored(before: YardStatus): Promise<void> {
    await yard.up()
    const after = await yard.status()
    for (const one of after.sandboxes) {
      const stopped = one.server === 'dtserver' && one.developer === 'dev1'
      assert.equal(one.state, stopped ? 'stopped' : 'ready', `${one.server} of ${one.developer}`)
    }
    assert.deepEqual(
      after.sandboxes.map((one) => [one.server, one.developer, one.release, one.port]),
      before.sandboxes.map((one) => [one.server, one.developer, one.release, one.port]),
    )
    assert.equal(await answer(), 'adopted')
    await yard.do('start', 'dtserver', 'dev1')
  }

  it('changes nothing when it is brought up twice', async () => {
    const before = await yard.status()
    const again = await yard.cli('up')
    assert.equal(again.exitCode, 0, again.output)
    const after = await yard.status()
    assert.equal(after.pid, before.pid)
    assert.deepEqual(
      await yard.pids(),
      Object.fromEntries(before.sandboxes.map((one) => [`${one.server}/${one.developer}`, one.pid])),
    )
  })

  it('that is brought up twice at once comes up once, and both wait for it', async () => {
    await yard.down()
    const states = async () => new Set((await yard.status()).sandboxes.map(({ state }) => state))
    const both = await Promise.all(
      [1, 2].map(async () => {
        const up = await yard.up()
        return { up, states: await states() }
      }),
    )
    const { pid } = await yard.status()
    for (const { up, states } of both) {
      assert.deepEqual([...states], ['ready'], up.output)
      assert.match(up.output, new RegExp(`\\(pid ${pid}[,)]`))
    }
    assert.match(both.map(({ up }) => up.output).join(), /is coming up already \(pid \d+\): waiting for that/)
  })

  it('can be reached again when somebody has removed its control socket, and says until then what is the matter', async () => {
    const { pid } = await yard.status()
    // It must not be quicker than we are.
    process.kill(pid, 'SIGSTOP')
    const lost = await rm(join(yard.root, 'run/control.sock'))
      .then(() => yard.cli('status'))
      .finally(() => process.kill(pid, 'SIGCONT'))
    assert.equal(lost.exitCode, 1)
    assert.match(lost.stderr, new RegExp(`daemon of this yard runs \\(pid ${pid}\\), but its socket .* is not there`))
    const again = await yard.up()
    assert.match(again.output, new RegExp(`is up already \\(pid ${pid}\\)`))
    assert.equal((await yard.status()).pid, pid)
  })
})
