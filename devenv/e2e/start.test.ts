// What a new operator does: clone, `npm start`, and everything is there.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { YardStatus } from '../control/protocol.ts'
import { findPortBlock, projectRoot, run } from './yard.ts'

describe('npm start in a fresh clone', function () {
  this.timeout(300_000)
  const folder = mkdtempSync(join(tmpdir(), 'edgeyard-start-'))
  const project = join(folder, 'edgeyard')
  const npm = (...args: string[]) => run('npm', args, { cwd: project, env: npmSettings() })

  after(async () => {
    await run(process.execPath, [join(project, 'dist/devenv/cli.js'), 'down', '--root', join(project, 'yard')], {
      cwd: project,
    })
    rmSync(folder, { recursive: true, force: true })
  })

  it('ends with all sandboxes of master and dev1 to dev4 ready, and says where everything is', async () => {
    const cloned = await run('git', ['clone', '-q', projectRoot, project])
    assert.equal(cloned.exitCode, 0, cloned.output)
    const started = await npm('start', '--', '--detach', '--ports-from', String(await findPortBlock()))
    assert.equal(started.exitCode, 0, started.output)
    const printed = await run(process.execPath, ['dist/devenv/cli.js', 'status', '--json'], { cwd: project })
    const status = JSON.parse(printed.stdout) as YardStatus
    assert.deepEqual([...new Set(status.sandboxes.map((one) => one.developer))].sort(), [
      'dev1',
      'dev2',
      'dev3',
      'dev4',
      'master',
    ])
    assert.equal(status.sandboxes.length, 11)
    for (const one of status.sandboxes) {
      assert.equal(one.state, 'ready', `${one.server} of ${one.developer}`)
      assert.ok(started.stdout.includes(one.url), `${one.url} is not in what npm start printed`)
    }
    for (const repository of ['serverctrl', 'socketserver', 'dtserver', 'httpserver']) {
      assert.ok(started.stdout.includes(`ssh://git@${status.ssh.host}:${status.ssh.port}/${repository}`), repository)
    }
    assert.ok(started.stdout.includes(status.viewer.url))
    assert.ok(started.stdout.includes(join(project, 'yard', 'keys')) || started.stdout.includes('dev key add'))
  })

  it('is quick the second time and changes nothing', async () => {
    const pids = async () => {
      const printed = await run(process.execPath, ['dist/devenv/cli.js', 'status', '--json'], { cwd: project })
      return (JSON.parse(printed.stdout) as YardStatus).sandboxes.map((one) => one.pid)
    }
    const before = await pids()
    const again = await npm('start')
    assert.equal(again.exitCode, 0, again.output)
    assert.deepEqual(await pids(), before)
    assert.doesNotMatch(again.output, /npm ci|apt-get|tsc/)
  })
})

/** npm finds its registry and its cache the way this machine is set up; nothing of a surrounding npm run leaks in. */
function npmSettings(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_(registry|cache|userconfig|globalconfig))$/i.test(
      name,
    ),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']))
}
