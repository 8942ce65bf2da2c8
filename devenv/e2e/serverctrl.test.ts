// The configuration is a repository like the others: a push to it moves exactly the sandboxes whose conf it changes.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { httpGet } from './clients.ts'
import { namedScript } from './scripts.ts'
import { sharedYard, type TestYard } from './yard.ts'

describe('a push to serverctrl', function () {
  this.timeout(120_000)
  let yard: TestYard

  before(async () => {
    yard = await sharedYard()
  })

  it("restarts the one server whose developer's override it changes, and no other", async () => {
    const clone = await yard.clone('serverctrl', 'dev1')
    const file = 'socketserver.values.yaml'
    const values = await readFile(join(clone.folder, file), 'utf8')
    const before = await yard.pids()
    const pushed = await clone.ship({ [file]: values.replace(/^(dev1:.*?)\{/m, '$1{ LOG_LEVEL: debug,') })
    assert.match(pushed.stderr, /remote: .*socketserver.*live/)
    const changed = await yard.pids()
    assert.notEqual(changed['socketserver/dev1'], before['socketserver/dev1'])
    assert.deepEqual({ ...changed, 'socketserver/dev1': 0 }, { ...before, 'socketserver/dev1': 0 })
    const conf = await readFile(join(yard.root, 'socketserver/dev1/conf/server.conf'), 'utf8')
    assert.match(conf, /error_log .* debug;/)
  })

  it('restarts nothing when the confs stay as they are', async () => {
    const clone = await yard.clone('serverctrl', 'dev2')
    const file = 'socketserver.values.yaml'
    const values = await readFile(join(clone.folder, file), 'utf8')
    const before = await yard.pids()
    await clone.ship({ [file]: values.replace(/^(dev2:.*)$/m, '$1 # mine') })
    assert.deepEqual(await yard.pids(), before)
  })

  it('gives one server an engine that cannot share its port, and pushes go on as before', async () => {
    const serverctrl = await yard.clone('serverctrl', 'dev2')
    await serverctrl.must('fetch', '-q', 'origin', 'master')
    await serverctrl.must('checkout', '-q', '-B', 'operator', 'FETCH_HEAD')
    const file = 'socketserver.values.yaml'
    const values = await readFile(join(serverctrl.folder, file), 'utf8')
    const setEngine = async (text: string) => {
      await serverctrl.write(file, text)
      await serverctrl.commit('Another engine')
      return await serverctrl.git('push', join(yard.root, 'git/serverctrl.git'), 'HEAD:refs/heads/master')
    }
    const pushed = await setEngine(values.replace(/^(dev2:.*?)\{/m, '$1{ ENGINE: node,'))
    assert.match(pushed.stderr, /remote: dev2 socketserver is live/)
    const clone = await yard.clone('socketserver', 'dev2')
    for (const name of ['one', 'two']) {
      await clone.ship({ 'src/main.ts': namedScript(name) })
      const { url, state } = await yard.sandbox('socketserver', 'dev2')
      assert.equal(state, 'ready')
      assert.equal((await httpGet(url.replace('ws:', 'http:'))).body, name)
    }
    const back = await setEngine(values)
    assert.match(back.stderr, /remote: dev2 socketserver is live/)
    const { url } = await yard.sandbox('socketserver', 'dev2')
    assert.equal((await httpGet(url.replace('ws:', 'http:'))).body, 'two')
  })

  it('by the operator moves every sandbox that the change reaches', async () => {
    const clone = await yard.clone('serverctrl', 'dev1')
    await clone.must('fetch', '-q', 'origin', 'master')
    await clone.must('checkout', '-q', '-B', 'operator', 'FETCH_HEAD')
    const file = 'dtserver.values.yaml'
    const values = await readFile(join(clone.folder, file), 'utf8')
    const changed = values.replace(/^( *)WORKER_CONNECTIONS: *\d+/m, '$1WORKER_CONNECTIONS: 777')
    assert.notEqual(changed, values)
    await clone.write(file, changed)
    await clone.commit('More connections')
    const before = await yard.pids()
    const pushed = await clone.git('push', join(yard.root, 'git/serverctrl.git'), 'HEAD:refs/heads/master')
    assert.equal(pushed.exitCode, 0, pushed.output)
    const after = await yard.pids()
    for (const [name, pid] of Object.entries(after)) {
      if (name.startsWith('dtserver/')) assert.notEqual(pid, before[name], name)
      else assert.equal(pid, before[name], name)
    }
  })
})
