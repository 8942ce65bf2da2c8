// Every verb by every door: git push to refs/ctl, ssh, the operator's command; what is live to fetch; who did it, in the records.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { SandboxStatus } from '../control/protocol.ts'
import { type Clone, createYard, endYard, type Run, run, type TestYard, until } from './yard.ts'

const MAIN = 'src/main.ts'
const script = (word: string) => `import type { SocketScript } from 'edgeyard'
let loads = 0
export default {
  start(worker) {
    worker.ctx.log.info('${word} starts', { loads: ++loads })
  },
  message(ws) {
    ws.send('${word}')
  },
} satisfies SocketScript<undefined>
`

describe('what a developer can do without a shell', () => {
  let yard: TestYard
  let clone: Clone
  let key: string

  const ssh = async (...words: string[]): Promise<Run> => {
    const { args, host } = await sshArgs()
    return await run('ssh', [...args, `git@${host}`, ...words])
  }
  const sshArgs = async () => {
    const { ssh: address } = await yard.status()
    const [, ...args] = yard.gitEnvironment('dev1').GIT_SSH_COMMAND!.split(' ')
    return { host: address.host, args: [...args, '-p', `${address.port}`] }
  }
  const told = async (...words: string[]) => {
    const answered = await ssh(...words)
    assert.equal(answered.exitCode, 0, answered.output)
    return answered.stdout.trim()
  }
  const ctl = async (verb: string, from: Clone = clone) => {
    const pushed = await from.push(`HEAD:refs/ctl/${verb}`)
    assert.equal(pushed.exitCode, 0, pushed.output)
    return pushed.output
  }
  const live = () => yard.sandbox('socketserver', 'dev1')
  const refs = async (...patterns: string[]) => {
    const listed = await clone.must('ls-remote', 'origin', ...patterns)
    return Object.fromEntries(
      listed.stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t').reverse()),
    )
  }
  /** The audit records of one act, oldest first. */
  const audits = async (act: string) => {
    const folder = join(yard.root, 'edgeyard/master/logs')
    const files = await readdir(folder)
    const lines = (await Promise.all(files.sort().map((file) => readFile(join(folder, file), 'utf8'))))
      .join('')
      .split('\n')
    return lines
      .filter((line) => line.includes('"audit":true'))
      .map((line) => JSON.parse(line).fields as Record<string, unknown>)
      .filter((fields) => fields.act === act)
  }
  const audited = (act: string, wanted: Record<string, unknown>) =>
    until(`${act} is among the audit records`, async () =>
      (await audits(act)).find((fields) => Object.entries(wanted).every(([name, value]) => fields[name] === value)),
    )

  before(async () => {
    yard = await createYard()
    clone = await yard.clone('socketserver', 'dev1')
    const printed = await run('ssh-keygen', ['-lf', join(yard.folder, 'dev1.key.pub')])
    key = printed.stdout.split(' ')[1]!
  })
  after(() => endYard(yard))

  it('goes back to what was live before, by ssh, and forward again by refs/ctl, dropping no branch', async () => {
    await clone.ship({ [MAIN]: script('one') }, 'One')
    const one = await live()
    await clone.ship({ [MAIN]: script('two') }, 'Two')
    const two = await live()
    assert.match(await told('releases', 'socketserver'), new RegExp(`${two.release} +live .*Two`), 'at once')
    const said = await told('rollback', 'socketserver')
    assert.match(
      said,
      new RegExp(`^socketserver of dev1 is back at release ${one.release} "One", .*; ${two.release} was live before`),
    )
    assert.match(
      said,
      /branch dev1 now stands at [0-9a-f]{12}; a push that builds on it, or a forced one, goes live as always/,
    )
    const back = await live()
    assert.deepEqual([back.release, back.state], [one.release, 'ready'])
    assert.equal((await refs('refs/heads/dev1'))['refs/heads/dev1'], one.commit)
    await audited('rollback', { who: 'dev1', key, old: two.release, new: one.release, result: 'done' })

    const output = await ctl('rollback')
    assert.match(output, new RegExp(`remote: socketserver of dev1 is back at release ${two.release} "Two"`))
    assert.equal((await live()).release, two.release)
    // By name, from the operator, with an answer for programs.
    const { stdout } = await yard.do('rollback', 'socketserver', 'dev1', one.release!.slice(0, 8), '--json')
    assert.equal((JSON.parse(stdout) as { to: string }).to, one.release)
    await audited('rollback', { who: 'operator', key: null, new: one.release })
    const byName = await ctl(`rollback/${two.release}`)
    assert.match(byName, /is back at release/)
    await clone.must('fetch', '-q')
    assert.equal((await clone.push()).exitCode, 0)
  })

  it('says what it cannot go back to, and changes nothing', async () => {
    const before = await yard.standing()
    const unknown = await ssh('rollback', 'socketserver', 'abcdef012345')
    assert.equal(unknown.exitCode, 1)
    assert.match(unknown.stderr, /no release "abcdef012345" was live here; there are [0-9a-f]{12}/)
    const other = await ssh('rollback', 'socketserver', 'HEAD')
    assert.match(other.stderr, /a release is named as in "releases"/)
    const none = await ssh('rollback', 'dtserver')
    assert.match(none.stderr, /nothing was live before/)
    assert.deepEqual(await yard.standing(), before)
  })

  it('lists what was live, and keeps it for git to fetch', async () => {
    const { releases } = JSON.parse(await told('releases', 'socketserver', '--json')) as {
      releases: { release: string; commit: string; live: boolean; kept: boolean; subject: string; who: string }[]
    }
    const now = await live()
    const [newest] = releases
    assert.deepEqual([newest?.release, newest?.live, newest?.kept, newest?.who], [now.release, true, true, 'dev1'])
    assert.ok(releases.some(({ subject, live: isLive }) => subject === 'One' && !isLive))
    assert.match(await ctl('releases'), /remote: socketserver {2}[0-9a-f]{12} {2}live/)
    assert.match((await yard.do('releases', 'socketserver', 'dev1')).stdout, /^SERVER +RELEASE/)
    const nobody = await yard.cli('releases', 'socketserver', 'dev9')
    assert.deepEqual([nobody.exitCode, nobody.stdout], [1, ''])
    assert.match(nobody.stderr, /There is no socketserver of dev9 in this yard/)

    assert.equal((await refs('refs/live/*'))['refs/live/socketserver/dev1'], now.commit)
    await clone.must('fetch', '-q', 'origin', '+refs/log/socketserver/dev1:refs/yard/log')
    const log = await clone.must('log', '--format=%an %s%n%b', 'refs/yard/log')
    assert.match(log.stdout, new RegExp(`^dev1 ${now.release} is live: rollback by dev1\n`))
    assert.match(log.stdout, new RegExp(`^Key: ${key.replace(/[+/]/g, '\\$&')}$`, 'm'))
    const trees = await clone.must('rev-parse', 'refs/yard/log^{tree}', `${now.commit}^{tree}`)
    assert.equal(new Set(trees.stdout.trim().split('\n')).size, 1)
  })

  it('lets nobody push what is live or its log, and writes down who tried', async () => {
    for (const ref of ['refs/live/socketserver/dev1', 'refs/log/socketserver/dev1', 'refs/heads/dev2']) {
      const pushed = await clone.push(`+HEAD~1:${ref}`)
      assert.equal(pushed.exitCode, 1, pushed.output)
      const record = await audited('push', { target: `socketserver ${ref}`, who: 'dev1', key })
      assert.match(String(record.result), /^refused: .*dev1 may push to/)
    }
    const gone = await clone.push(':refs/log/socketserver/dev1')
    assert.equal(gone.exitCode, 1, gone.output)
  })

  it('restarts, stops and starts with the same words and answers by each door', async () => {
    const pid = (await live()).pid
    assert.match(await told('restart', 'socketserver'), /^socketserver of dev1 is ready, release [0-9a-f]{12}$/)
    assert.notEqual((await live()).pid, pid)
    assert.match(await ctl('stop'), /remote: socketserver of dev1 is stopped, release/)
    await until(
      'nothing is said to be live',
      async () => !('refs/live/socketserver/dev1' in (await refs('refs/live/*'))),
    )
    const json = JSON.parse(await told('start', 'socketserver', '--json')) as SandboxStatus
    assert.deepEqual([json.developer, json.state], ['dev1', 'ready'])
    await until('it is said to be live', async () => 'refs/live/socketserver/dev1' in (await refs('refs/live/*')))
    assert.match((await yard.do('stop', 'socketserver', 'dev1')).stdout, /^socketserver of dev1 is stopped/)
    assert.match(await ctl('start'), /remote: socketserver of dev1 is ready/)
    for (const act of ['restart', 'stop', 'start'])
      await audited(act, { who: 'dev1', key, target: 'socketserver/dev1' })
    await audited('stop', { who: 'operator', key: null })
  })

  it('reloads scripts in the same process', async () => {
    const { pid } = await live()
    assert.match(await told('reload', 'socketserver'), /^socketserver of dev1 is ready/)
    assert.match(await ctl('reload'), /remote: socketserver of dev1 is ready/)
    assert.match((await yard.do('reload', 'socketserver', 'dev1')).stdout, /is ready/)
    assert.equal((await live()).pid, pid)
    await until(
      'the start hook has run again',
      async () => (await told('logs', 'socketserver')).split(' starts ').length > 4,
    )
    await audited('reload', { who: 'dev1', key, result: 'done' })
  })

  it('shows the status of the own sandboxes', async () => {
    assert.match(await told('status'), /^dev1 +socketserver/m)
    assert.doesNotMatch(await told('status'), /dev2/)
    const { sandboxes } = JSON.parse(await told('status', '--json')) as { sandboxes: SandboxStatus[] }
    assert.deepEqual([...new Set(sandboxes.map(({ developer }) => developer))], ['dev1'])
    assert.match(await ctl('status'), /remote: dev1 +socketserver/)
  })

  it('empties and restarts the own Redis, and no other', async () => {
    const fill = (developer: string) => redis(yard, developer, 'SET here 1')
    await Promise.all(['dev1', 'dev2'].map(fill))
    assert.match(await told('redis', 'flush'), /^redis of dev1 is empty$/)
    assert.equal(await redis(yard, 'dev1', 'EXISTS here'), ':0')
    assert.equal(await redis(yard, 'dev2', 'EXISTS here'), ':1')
    const control = await yard.clone('serverctrl', 'dev1')
    await fill('dev1')
    assert.match(await ctl('redis/flush', control), /remote: redis of dev1 is empty/)
    assert.equal(await redis(yard, 'dev1', 'EXISTS here'), ':0')
    const pidOf = async () => (await yard.status()).redis.find(({ developer }) => developer === 'dev1')?.pid
    const before = await pidOf()
    assert.match(await ctl('redis/restart', control), /remote: redis of dev1 runs anew/)
    const after = await pidOf()
    assert.ok(after !== before && after !== null)
    await yard.do('redis', 'restart', 'dev1')
    await yard.do('redis', 'flush', 'dev2', '--json')
    assert.equal(await redis(yard, 'dev2', 'EXISTS here'), ':0')
    await audited('redis flush', { who: 'dev1', key, target: 'redis/dev1', result: 'done' })
    await audited('redis restart', { who: 'operator', target: 'redis/dev1' })
  })

  it('follows the own logs until the client goes, and shows nobody else', async () => {
    const { args, host } = await sshArgs()
    const child = spawn('ssh', [...args, `git@${host}`, 'logs', '-f', 'socketserver', '--since', '1d', '-n', '1'])
    let heard = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard += text
    })
    await until('the newest record came', () => heard.includes('\n'))
    await told('restart', 'socketserver')
    await until('a new record came', () => /two starts/.test(heard.slice(heard.indexOf('\n'))))
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill()
    await ended
    await until('the server has noticed', async () =>
      (await yard.do('logs', 'edgeyard', '-n', '50')).stdout.includes('dev1 used logs socketserver'),
    )
    assert.doesNotMatch(await told('logs', 'socketserver', '--level', 'emerg'), /two starts/)
    assert.match(
      JSON.parse((await told('logs', 'socketserver', '-n', '1', '--json')).split('\n')[0]!).developer,
      /^dev1$/,
    )
    assert.match((await ssh('logs', 'edgeyard')).stderr, /its logs are the operator's/)
  })

  it('writes down whose key was refused', async () => {
    const stranger = await yard.makeKey('stranger')
    const { args, host } = await sshArgs()
    const own = args.map((arg) => (arg.endsWith('dev1.key') ? stranger.replace(/\.pub$/, '') : arg))
    const refused = await run('ssh', [...own, `git@${host}`, 'status'])
    assert.equal(refused.exitCode, 255, refused.output)
    const printed = await run('ssh-keygen', ['-lf', stranger])
    await audited('login', { key: printed.stdout.split(' ')[1], result: 'refused' })
  })

  it('says what there is to ask', async () => {
    const help = await told('help')
    for (const verb of ['status', 'releases', 'rollback', 'reload', 'redis flush', 'logs', 'debug'])
      assert.match(help, new RegExp(`^${verb}`, 'm'))
    assert.match(await told('help', 'rollback'), /^rollback SERVER \[RELEASE\]\n.*\n.*The branch moves there/)
    const nothing = await ssh('explode')
    assert.deepEqual(
      [nothing.exitCode, /shell access is not given; push with git, or use:\n +status /.test(nothing.stderr)],
      [1, true],
    )
  })
})

/** One command on a developer's Redis, by what its own conf says; the first line of the answer. */
async function redis(yard: TestYard, developer: string, command: string): Promise<string> {
  const conf = await readFile(join(yard.root, 'redis', developer, 'conf/redis.conf'), 'utf8')
  const value = (pattern: RegExp) => pattern.exec(conf)?.[1] ?? ''
  const socket = connect({ path: value(/^unixsocket "?([^"\n]+)"?$/m) })
  socket.write(`AUTH ${value(/">([^"]+)"/)}\r\n${command}\r\nQUIT\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text.split('\r\n')[1] ?? ''
}
