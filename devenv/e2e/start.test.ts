// What a new operator does: clone, `npm start`, and everything is there.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { YardStatus } from '../control/protocol.ts'
import { findPortBlock, processesOf, projectRoot, run, until } from './yard.ts'

describe('npm start in a fresh clone', function () {
  this.timeout(300_000)
  const folder = mkdtempSync(join(tmpdir(), 'edgeyard-start-'))
  const project = join(folder, 'edgeyard')
  const npm = (...args: string[]) => run('npm', args, { cwd: project, env: npmSettings() })

  const status = async () =>
    JSON.parse(
      (await run(process.execPath, ['dist/devenv/cli.js', 'status', '--json'], { cwd: project })).stdout,
    ) as YardStatus
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
    const { sandboxes, ssh, viewer } = await status()
    assert.deepEqual([...new Set(sandboxes.map((one) => one.developer))].sort(), [
      'dev1',
      'dev2',
      'dev3',
      'dev4',
      'master',
    ])
    assert.equal(sandboxes.length, 11)
    for (const one of sandboxes) {
      assert.equal(one.state, 'ready', `${one.server} of ${one.developer}`)
      assert.ok(started.stdout.includes(one.url), `${one.url} is not in what npm start printed`)
    }
    for (const repository of ['serverctrl', 'socketserver', 'dtserver', 'httpserver']) {
      assert.ok(started.stdout.includes(`ssh://git@${ssh.host}:${ssh.port}/${repository}`), repository)
    }
    assert.ok(started.stdout.includes(viewer.url))
    assert.ok(started.stdout.includes(join(project, 'yard', 'keys')) || started.stdout.includes('dev key add'))
  })

  it('is quick the second time and changes nothing', async () => {
    const pids = async () => (await status()).sandboxes.map((one) => one.pid)
    const before = await pids()
    const again = await npm('start')
    assert.equal(again.exitCode, 0, again.output)
    assert.deepEqual(await pids(), before)
    assert.doesNotMatch(again.output, /npm ci|apt-get|tsc/)
  })

  it('stops what it started on Ctrl-C, in order, leaves no process, and comes up again with the same releases', async () => {
    const releases = async () => (await status()).sandboxes.map((one) => [one.server, one.developer, one.release])
    const before = await releases()
    const downed = await run(process.execPath, ['dist/devenv/cli.js', 'down'], { cwd: project })
    assert.equal(downed.exitCode, 0, downed.output)

    const stopped = await startAndInterrupt(project)
    // The daemon ends with 0. A shell between npm and it, as dash is, ends as interrupted ones do: a terminal shows 130.
    assert.ok(stopped.exitCode === 0 || stopped.signal === 'SIGINT', `${stopped.exitCode} ${stopped.signal}`)
    assert.match(stopped.output, /^Stopped$/m)
    assert.deepEqual(stopped.left, [])
    const after = stopped.output.slice(stopped.output.indexOf('Ready. Ctrl-C stops everything.'))
    const ends = [...after.matchAll(/^(\S+)(?: of \S+)? stopped$/gm)].map(([, name = '']) => name)
    assert.deepEqual(
      ends.map((name) => ORDER.findIndex((stage) => stage.test(name))),
      [0, ...before.map(() => 1), 2, ...Array.from({ length: STORES_AND_PORTS }, () => 3), 4],
      after,
    )

    const again = await npm('start', '--', '--detach')
    assert.equal(again.exitCode, 0, again.output)
    assert.deepEqual(await releases(), before)
  })
})

/** Who stops after whom: nobody loses what they still need. */
const ORDER = [/^ssh$/, /^\w+server\//, /^viewer$/, /^(ports|redis|mysql)$/, /^rsyslog$/]
/** One Redis for master and each of the four developers, one MariaDB and one keeper of ports for all. */
const STORES_AND_PORTS = 7

interface Interrupted {
  readonly output: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** What still ran when the terminal was free again. */
  readonly left: readonly string[]
}

/** `npm start` in a process group of its own, as a terminal's job; when it is ready, the whole group gets what Ctrl-C sends. */
async function startAndInterrupt(cwd: string): Promise<Interrupted> {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8', ...npmSettings() }
  const child = spawn('npm', ['start'], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  let left: string[] | undefined
  child.once('exit', () => {
    left = processesOf(cwd)
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  try {
    await until('npm start is ready', () => output.includes('Ready. Ctrl-C') || left !== undefined, 60_000)
    assert.match(output, /^dev1 +socketserver .* ready /m)
    process.kill(-child.pid!, 'SIGINT')
    await until('npm start has ended', () => left !== undefined, 60_000)
  } finally {
    if (left === undefined) process.kill(-child.pid!, 'SIGKILL')
  }
  const [exitCode, signal] = await closed
  return { output, exitCode, signal, left: left ?? [] }
}

/** npm finds its registry and its cache the way this machine is set up; nothing of a surrounding npm run leaks in. */
function npmSettings(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_(registry|cache|userconfig|globalconfig))$/i.test(
      name,
    ),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']))
}
