// A sandbox that nobody uses is stopped, and who connects to it is served: not refused, not cut off, whatever happens meanwhile.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxStatus } from '../control/protocol.ts'
import { httpGet, Session } from './clients.ts'
import { namedScript } from './scripts.ts'
import { type Clone, isAlive, type Run, sharedYard, type TestYard, until } from './yard.ts'

const FILE = 'socketserver.values.yaml'

describe('a sandbox with IDLE_STOP', function () {
  this.timeout(120_000)
  let yard: TestYard
  let serverctrl: Clone
  let values: string
  let clone: Clone
  let url: string

  const setValues = async (text: string): Promise<Run> => {
    await serverctrl.write(FILE, text)
    await serverctrl.commit('Sleep')
    return await serverctrl.git('push', join(yard.root, 'git/serverctrl.git'), 'HEAD:refs/heads/master')
  }
  const now = () => yard.sandbox('socketserver', 'dev2')
  const asleep = (): Promise<SandboxStatus> =>
    until('it sleeps', async () => {
      const status = await now()
      return status.state === 'sleeping' && status
    })

  before(async () => {
    yard = await sharedYard()
    serverctrl = await yard.clone('serverctrl', 'dev2')
    await serverctrl.must('fetch', '-q', 'origin', 'master')
    await serverctrl.must('checkout', '-q', '-B', 'operator', 'FETCH_HEAD')
    values = await readFile(join(serverctrl.folder, FILE), 'utf8')
    clone = await yard.clone('socketserver', 'dev2')
    await clone.ship({ 'src/main.ts': namedScript('one') })
    await setValues(values.replace(/^(dev2:.*?)\{/m, '$1{ IDLE_STOP: 1s,'))
    url = (await now()).url.replace('ws:', 'http:')
  })

  after(async () => {
    const pushed = await setValues(values)
    assert.match(pushed.stderr, /remote: dev2 socketserver is live/)
    assert.equal((await now()).state, 'ready')
  })

  it('has no process when nobody has been connected for so long, and serves all who then come at once', async () => {
    assert.equal((await asleep()).pid, null)
    const answers = await Promise.all(Array.from({ length: 20 }, () => httpGet(url)))
    assert.deepEqual(new Set(answers.map(({ body }) => body)), new Set(['one']))
    // It answers before the daemon has written down that it listens.
    const { pid, restarts } = await until('it is ready', async () => {
      const one = await now()
      return one.state === 'ready' && one
    })
    assert.deepEqual([pid !== null, restarts], [true, 0])
  })

  it('is woken by a WebSocket as well, and sees the address of its client', async () => {
    await clone.ship({
      'src/main.ts': namedScript('two').replace("body: 'two' }", 'body: req.ip }').replace('fetch: ()', 'fetch: (req)'),
    })
    // Whoever comes in the moment when it has fallen asleep is not met by the process that goes.
    for (let times = 0; times < 3; times++) {
      await asleep()
      const session = await Session.open(url.replace('http:', 'ws:'))
      assert.equal(await session.ask('hi'), 'two:hi')
      await session.close()
    }
    await asleep()
    assert.equal((await httpGet(url)).body, '127.0.0.1')
  })

  it('tests what is pushed, and sleeps on', async () => {
    await asleep()
    await clone.write('src/main.ts', 'throw new Error("broken")\n')
    await clone.commit('Broken')
    const refused = await clone.push()
    assert.notEqual(refused.exitCode, 0)
    assert.match(refused.stderr, /broken/)
    assert.equal((await now()).state, 'sleeping')
    await clone.must('reset', '-q', '--hard', 'HEAD~1')
    const pushed = await clone.ship({ 'src/main.ts': namedScript('three') })
    const { release, state, pid } = await now()
    assert.deepEqual([state, pid], ['sleeping', null])
    assert.ok(
      pushed.stderr.includes(`dev2 socketserver sleeps: who connects to`) && pushed.stderr.includes(`${release}`),
    )
    assert.equal((await httpGet(url)).body, 'three')
  })

  it('keeps who connects while the daemon is dead waiting, until the next one wakes it', async () => {
    await asleep()
    const { pid } = await yard.status()
    process.kill(pid, 'SIGKILL')
    await until('the daemon is gone', () => !isAlive(pid))
    const answer = httpGet(url)
    await yard.up()
    assert.equal((await answer).body, 'three')
  })

  it('is closed when it is stopped, and runs when it is started', async () => {
    // What was adopted has nobody to tell that it is idle.
    await yard.do('restart', 'socketserver', 'dev2')
    await asleep()
    await yard.do('stop', 'socketserver', 'dev2')
    await assert.rejects(httpGet(url), /ECONNREFUSED/)
    await yard.do('start', 'socketserver', 'dev2')
    assert.equal((await now()).state, 'ready')
    assert.equal((await httpGet(url)).body, 'three')
  })

  it('sleeps with several workers when none of them is used, and wakes with all of them', async () => {
    await setValues(values.replace(/^(dev2:.*?)\{/m, '$1{ IDLE_STOP: 1s, WORKER_PROCESSES: 2,'))
    await asleep()
    const answers = await Promise.all(Array.from({ length: 20 }, () => httpGet(url)))
    assert.deepEqual(new Set(answers.map(({ body }) => body)), new Set(['three']))
  })

  it('sleeps on through a yard that goes down and comes up again', async () => {
    await asleep()
    await yard.do('down')
    await yard.up()
    assert.equal((await now()).state, 'sleeping')
    assert.equal((await httpGet(url)).body, 'three')
  })
})
